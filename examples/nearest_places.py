"""The cities nearest to a place, in kilometres, by latitude and longitude."""

from __future__ import annotations

import nearabout as na

CITIES = {
    "Amsterdam": (52.3676, 4.9041),
    "Berlin": (52.5200, 13.4050),
    "Lagos": (6.5244, 3.3792),
    "Lima": (-12.0464, -77.0428),
    "London": (51.5074, -0.1278),
    "Paris": (48.8566, 2.3522),
    "Tokyo": (35.6762, 139.6503),
}


def main() -> None:
    index = na.build(list(CITIES.values()), keys=list(CITIES), metric="haversine")
    brussels = (50.8503, 4.3517)
    for city, metres in zip(*index.search(brussels, k=3), strict=True):
        print(f"{city:10} {metres / 1000:6.0f} km")
    near = index.radius_search(brussels, radius=1_000_000)
    print(f"{near.counts} of {len(index)} cities lie within 1,000 km")


if __name__ == "__main__":
    main()

// What a search has to spend for which recall, in lists and in rows that are compared: measured on queries whose
// neighbours are known, for the nearest one, ten and hundred.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "index/calibration/calibration.h"

namespace nearabout {

// This share of the k nearest is found in `probes` lists where the `depth` rows that look nearest are compared by what
// the index keeps of them.
struct CurvePoint {
  double recall;
  double probes;
  double depth;
};

// For each of kCalibratedK, the cheapest points for some recalls, ascending; empty where nothing was measured.
struct Curves {
  std::array<std::vector<CurvePoint>, kCalibratedK.size()> points;

  bool empty() const { return points[0].empty() && points[1].empty() && points[2].empty(); }
  // How many rows to compare, for any k and any number of lists.
  std::size_t depth(std::size_t probes, std::size_t k) const;
};

}  // namespace nearabout

// The metrics, under SciPy's names, and the vectors that each accepts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/element.h"

namespace nearabout::metric {

// The numbers are part of the file format: never reuse one.
enum class Metric : std::uint32_t {
  euclidean = 1,
  sqeuclidean = 2,
  cosine = 3,
  dot = 4,  // the negative inner product, so that smaller is closer
  manhattan = 5,
  hamming = 6,    // fraction of bits that differ
  jaccard = 7,    // bits: 1 - |and| / |or|
  haversine = 8,  // degrees (latitude, longitude) in, metres out
};

std::string_view name_of(Metric metric);
std::optional<Metric> metric_from_name(std::string_view name);

// Throws InvalidInputError unless rows of this type and length can be compared under this metric.
void require_comparable(Metric metric, Element element, std::size_t dims);

}  // namespace nearabout::metric

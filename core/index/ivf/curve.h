// The lists to probe and the rows to compare for each recall, measured on queries whose neighbours are known, for the
// nearest one, ten and hundred.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "index/calibration/calibration.h"

namespace nearabout::ivf {

// A fraction `recall` of the k nearest is found in `probes` lists if the `depth` most promising rows are compared by
// their stored vectors or bytes.
struct CurvePoint {
  double recall;
  double probes;
  double depth;
};

// For each of kCalibratedK, the cheapest points for several recalls, ascending; empty if nothing was measured.
struct Curves {
  std::array<std::vector<CurvePoint>, calibration::kCalibratedK.size()> points;

  // Returns how many rows to compare, for any k and any number of lists.
  std::size_t depth(std::size_t probes, std::size_t k) const;
};

}  // namespace nearabout::ivf

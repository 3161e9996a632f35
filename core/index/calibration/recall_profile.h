// How the searches of some queries whose neighbours are known would go, at any effort: what a kind of index is
// calibrated by. Each kind has its own, which goes once through what a search would see and tells every effort from
// that; tests compare it with searching again and again.
#pragma once

#include <cstddef>
#include <vector>

#include "base/monitor.h"
#include "index/calibration/calibration_queries.h"
#include "storage/writer.h"

namespace nearabout {

// Of a query, on average: distances that are computed, by codes and in full; and seconds on one thread, as the kind's
// own model of its costs has them. Measured times would make a file differ from build to build.
struct ProfileCost {
  double distances = 0;
  double seconds = 0;
};

class RecallProfile {
 public:
  virtual ~RecallProfile() = default;

  // Worth measuring, ascending.
  virtual const std::vector<std::size_t>& efforts() const = 0;
  // How many of its first k neighbours each query finds.
  virtual std::vector<double> found(std::size_t k, std::size_t effort) const = 0;
  virtual ProfileCost cost(std::size_t k, std::size_t effort) const = 0;
  // Adds what else the kind has learnt from the queries, for sections of its own.
  virtual void write(storage::Writer& writer) const { (void)writer; }
};

}  // namespace nearabout

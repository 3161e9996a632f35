// How searches of calibration queries would go at any effort: the data that a kind of index is calibrated from. Each
// kind has its own profile, which goes once through what a search would see and derives every effort from that; tests
// compare it with repeated searches.
#pragma once

#include <cstddef>
#include <vector>

namespace nearabout::storage {
class Writer;
}  // namespace nearabout::storage

namespace nearabout::calibration {

// Average cost of a query: distances computed, from codes and in full, and seconds on one thread by the kind's own cost
// model. Measured times would make a file differ from build to build.
struct ProfileCost {
  double distances = 0;
  double seconds = 0;
};

class RecallProfile {
 public:
  virtual ~RecallProfile() = default;

  // Returns the efforts worth measuring, ascending.
  virtual const std::vector<std::size_t>& efforts() const = 0;
  // Returns how many of its first k neighbours each query finds.
  virtual std::vector<double> found(std::size_t k, std::size_t effort) const = 0;
  virtual ProfileCost cost(std::size_t k, std::size_t effort) const = 0;
  // Writes whatever else the kind has learnt from the queries, in sections of its own.
  virtual void write(storage::Writer& writer) const { (void)writer; }
};

}  // namespace nearabout::calibration

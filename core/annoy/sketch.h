// Low-dimensional projections of long vectors, used while trees are built.
//
// Planes need to separate near from far only roughly, and most of the variance is along few directions: they are found
// by subspace iteration over a sample (Halko, Martinsson and Tropp, SIAM Review 53, 2011), all items are projected on
// them once, and every tree is built from the projections. A plane found there is mapped back to all dimensions, where
// it divides the items in the same way, so the file and the way it is searched do not change. A build of 784 dimensions
// touches a twelfth of the memory for each tree, which matters most if the items are on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "annoy/split.h"

namespace nearabout::annoy {

class Sketch {
 public:
  // Returns true if a sketch pays off for this many items out of `item_count` (which counts holes) with this many
  // dimensions.
  static bool pays(std::size_t items, std::size_t item_count, std::size_t dims);

  // Makes a sketch, the same for any number of threads. `keep_going(worker)` is called often and throws to cancel.
  Sketch(const Table& full, std::span<const std::uint32_t> items, std::uint32_t item_count, std::size_t threads,
         const std::function<void(std::size_t worker)>& keep_going);

  // Returns the projections, to use instead of the vectors; under directions, those of normalised vectors.
  Table table() const;

  // Returns the normal in all dimensions of a plane of the sketch.
  std::vector<float> unproject(const std::vector<float>& normal) const;

 private:
  void find_directions(const Table& full, std::span<const std::uint32_t> items);

  std::size_t dims_;
  bool of_directions_;
  std::vector<float> directions_;  // dims_ rows, one column per direction
  std::vector<float> rows_;
};

}  // namespace nearabout::annoy

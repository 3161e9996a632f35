// Long vectors, made short for the time of a build.
//
// Planes need to tell near from far roughly, and most of what tells them apart lies along few directions: those are
// found by subspace iteration over a sample (Halko, Martinsson and Tropp, SIAM Review 53, 2011), all items are
// projected on them once, and every tree is built of the projections. A plane found there is lifted back to all
// dimensions, where it parts the items in the same way, so that what is in the file, and how it is searched, is as
// ever. A build of 784 dimensions touches a twelfth of the memory for each tree, which counts most where the
// items are on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "annoy/split.h"

namespace nearabout::annoy {

class Sketch {
 public:
  // Whether it is worth it for so many items out of `item_count`, holes counted, of so many dimensions.
  static bool pays(std::size_t items, std::size_t item_count, std::size_t dims);

  // The same sketch at any number of threads. `keep_going(worker)` is called often and throws to stop.
  Sketch(const Table& full, std::span<const std::uint32_t> items, std::uint32_t item_count, std::size_t threads,
         const std::function<void(std::size_t worker)>& keep_going);

  // The projections, in place of the vectors; under directions, those of vectors of length 1.
  Table table() const;

  // The normal in all dimensions of a plane of the sketch.
  std::vector<float> lift(const std::vector<float>& normal) const;

 private:
  void find_directions(const Table& full, std::span<const std::uint32_t> items);

  std::size_t dims_;
  bool of_directions_;
  std::vector<float> directions_;  // dims_ rows, a column for each direction
  std::vector<float> rows_;
};

}  // namespace nearabout::annoy

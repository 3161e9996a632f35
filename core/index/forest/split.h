// One split of a tree: the plane half-way between the means of two clusters.
//
// Annoy takes two points, refined by a running mean over 200 samples. We run Lloyd's two-means (with two centres) on a
// larger sample for a few rounds, which finds the same candidates while examining a fifth to a third fewer rows (see
// docs/explanation/forest.md), and a split that leaves too little on one side is moved to the median.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "quantize/grid.h"

namespace nearabout::forest {

// Codes of some rows, one after another, on one grid.
struct Codes {
  const std::uint8_t* data;
  std::size_t width;
  const std::vector<bool>* left_out =
      nullptr;  // excluded from samples: the held-out rows (calibration/calibration_queries.h)
  const std::uint8_t* row(std::size_t i) const { return data + i * width; }
};

// A row goes left if <normal, code> is below the threshold.
struct Plane {
  std::vector<std::int8_t> normal;  // padded to a multiple of four with zeros
  std::int32_t threshold = 0;
};

// Splits rows, given as lists of numbers into codes. Reuses its work space from call to call; each thread needs its
// own.
class Splitter {
 public:
  // Makes a splitter; both arguments must outlive it.
  Splitter(const Codes& codes, const quantize::Grid& grid) : codes_(codes), grid_(grid) {}

  // Returns a plane for these rows (at least two), from a sample of them. If no plane separates any two, the normal is
  // zero.
  Plane plane(const std::uint32_t* rows, std::size_t count, Random& random);
  // Moves the rows that go left to the front, in order: at least a sixteenth on each side, for which the plane may be
  // moved. If rows are too much alike for any plane, one half of them goes left.
  struct Division {
    std::size_t left;
    bool by_plane;
    std::int32_t threshold;
  };
  Division divide(const Plane& plane, std::uint32_t* rows, std::size_t count);

 private:
  void take_sample(const std::uint32_t* rows, std::size_t count, Random& random);
  bool assign(const Plane& plane);
  bool move_means();
  Plane between_means() const;

  const Codes& codes_;
  const quantize::Grid& grid_;
  std::vector<std::uint32_t> sample_;
  std::vector<std::uint8_t> sides_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> right_;
  std::vector<double> means_[2];  // in units of codes
  std::vector<std::uint32_t> sums_[2];
};

}  // namespace nearabout::forest

// Finds the plane that splits a set of items in two.
//
// Planes come from two means, as in Annoy: two centres of a sample, and the plane between them. Annoy moves its centres
// 200 times by one random item each, whatever the size of the node, which in small nodes costs far more than dividing
// the items. Here the sample grows with the node, and the centres move a few times by the whole sample at once: one
// product per item instead of two distances, in batches for the kernels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "kernels/kernels.h"

namespace nearabout::annoy {

// Returns a number from 0 to count - 1.
inline std::size_t random_index(Random& random, std::size_t count) {
  return static_cast<std::size_t>((random.next() >> 32) * count >> 32);
}

// The work of choosing a plane: the sample is one in `items_per_sample` items, and the centres are moved `moves` times.
struct Pains {
  std::size_t items_per_sample;
  int moves;
};
// Found by experiment on random vectors, word vectors, sentences and pictures: as good at equal effort as Annoy's
// trees. More work gains nothing, less loses recall with few dimensions. For projections of a sketch less work is
// enough: single planes get worse, but several trees less alike.
inline constexpr Pains kForVectors{3, 4};
inline constexpr Pains kForSketches{6, 2};

// The vectors of all items, as planes see them.
struct Table {
  const std::byte* rows;
  std::size_t stride;
  std::size_t dims;
  // True if only the directions of the vectors count and planes go through the origin. `squared_norms` points to the
  // first row's squared norm, the others follow at the same stride; it is null if all are equally long.
  bool directions;
  const std::byte* squared_norms;
  Pains pains;
};

// A row is on the right if normal . row + offset is above zero.
struct Plane {
  std::vector<float> normal;
  float offset = 0;
};

class PlaneChooser {
 public:
  explicit PlaneChooser(const Table& table);

  // Chooses a plane for `items`, two or more. The plane may be useless (a normal of zeros, all items on one side).
  void choose(std::span<const std::uint32_t> items, Random& random, Plane& plane);

  // Computes out[i] = signed distance of items[i] from the plane.
  void margins(std::span<const std::uint32_t> items, const Plane& plane, double* out);

 private:
  void take_sample(std::span<const std::uint32_t> items, Random& random);
  bool move_centres();
  double middle() const;
  void put(std::size_t place, std::int8_t side, float sign);
  void aim(Plane& plane) const;
  float weight(std::uint32_t item) const;
  const float* row(std::uint32_t item) const;

  const Table& table_;
  std::vector<std::uint32_t> sample_;
  std::vector<float> left_;
  std::vector<float> right_;
  std::vector<float> left_sum_;
  std::vector<float> right_sum_;
  std::vector<double> direction_;
  std::vector<double> products_;
  std::vector<std::int8_t> sides_;  // 0 left, 1 right, kNeither
  std::size_t counts_[2] = {};
};

}  // namespace nearabout::annoy

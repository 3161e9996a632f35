// A random rotation that takes dims * log(dims) steps: random signs and fast Walsh-Hadamard transforms of the leading
// and the trailing dimensions in turn, and sums and differences of both halves between them.
//
// After four rounds each number of the result depends on all of the vector, and the result is about as random as that
// of a rotation drawn from all. (N. Ailon and B. Chazelle, "Approximate nearest neighbors and the fast Johnson-
// Lindenstrauss transform", STOC 2006.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::transform {

class Mixing {
 public:
  Mixing(std::size_t dims, std::uint64_t seed);

  std::size_t dims() const { return dims_; }
  // Rotate a vector of dims() floats in place, and back.
  void apply(float* vector) const;
  void undo(float* vector) const;

 private:
  std::size_t dims_;
  std::size_t whole_;         // the largest power of two that is at most dims
  std::vector<float> signs_;  // of each round, 1 or -1
};

}  // namespace nearabout::transform

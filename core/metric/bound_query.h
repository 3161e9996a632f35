// A query bound once to a metric and a row type: converted, its norm known, its kernel chosen; then ranks of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/element.h"
#include "kernels/kernels.h"
#include "metric/metric.h"

namespace nearabout {

// Ranks order rows as distances do, and are cheaper: the square where the metric is euclidean, a count of bits where it
// is hamming. They are exact to float64 (the contract of kernels.h), so that an order by (rank, row) is the same on
// every instruction set but for ties closer than that. Equal vectors have rank 0 (but for dot, which is no distance);
// so do, under cosine, vectors of the same direction.
class BoundQuery {
 public:
  // `query` holds `dims` elements of `element`: float32 for every row type but bits, or the rows' own integer type.
  // Throws InvalidInputError for NaN, infinity, and a zero vector under cosine.
  BoundQuery(Metric metric, Element rows, std::size_t dims, const void* query, Element element);

  void rdists(kernels::Rows rows, double* out) const;
  // Whether ranks can be had from products and the rows' own squares, sum x x, which are whole numbers: then this gives
  // the same ranks, and is faster.
  bool takes_squares() const { return product_ != nullptr; }
  void rdists(kernels::Rows rows, const std::uint32_t* squares, double* out) const;

  double distance(double rdist) const;
  // The largest rank within `radius`: negative infinity where nothing can be.
  double rdist_within(double radius) const;

  double norm() const { return norm_; }

 private:
  void bind_bits(const void* query);
  void bind_real(Element rows, const void* query, Element element);
  void bind_integer(Element rows, const void* query);
  void require_direction() const;
  void cosines(kernels::Rows rows, double* out) const;
  double near_cosine(const void* row, std::vector<float>& scratch) const;

  Metric metric_;
  Element rows_;
  std::size_t dims_;
  std::vector<double> values_;
  std::vector<std::byte> bytes_;
  double norm_ = 0;
  double square_ = 0;  // of an integer query
  kernels::RealKernel real_ = nullptr;
  kernels::IntegerKernel integer_ = nullptr;
  kernels::IntegerKernel product_ = nullptr;  // where rows and query are of one integer type, and ranks follow from it
};

}  // namespace nearabout

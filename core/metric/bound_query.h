// A query bound once to a metric and a row type (converted, its norm known, its kernel chosen), which then computes
// reduced distances to rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/element.h"
#include "kernels/kernels.h"
#include "metric/metric.h"

namespace nearabout::metric {

// Reduced distances order rows as distances do and are cheaper: the square for euclidean, the number of differing bits
// for hamming. They are exact to float64 (the contract of kernels.h), so an order by (reduced distance, row) is the
// same on every instruction set except for ties closer than that. Equal vectors have reduced distance 0 (except for
// dot, which is not a distance); so do, under cosine, vectors of the same direction.
class BoundQuery {
 public:
  // Binds `query`, which holds `dims` elements of `element`: float32 for every row type except bits, or the rows' own
  // integer type. Throws InvalidInputError for NaN, infinity, and a zero vector under cosine.
  BoundQuery(Metric metric, Element rows, std::size_t dims, const void* query, Element element);

  void rdists(kernels::Rows rows, double* out) const;
  // Returns true if reduced distances can be computed from products and the rows' squared norms (sum x x), which are
  // whole numbers. The overload that takes squares then gives the same results, faster.
  bool takes_squares() const { return product_ != nullptr; }
  void rdists(kernels::Rows rows, const std::uint32_t* squares, double* out) const;

  double distance(double rdist) const;
  // Returns the largest reduced distance within `radius`; negative infinity if no row can be within it.
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
  double square_ = 0;  // for an integer query
  kernels::RealKernel real_ = nullptr;
  kernels::IntegerKernel integer_ = nullptr;
  // Set if rows and query are of the same integer type and products determine reduced distances.
  kernels::IntegerKernel product_ = nullptr;
};

}  // namespace nearabout::metric

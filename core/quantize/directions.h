// The leading directions of a set of vectors, and projections of vectors onto them.
//
// Real data varies in far fewer directions than it has dimensions. The leading principal directions are mixed (pca.h),
// so that each carries an equal fraction of the variance and one step serves all of them, and are then rounded to
// signed bytes. The rounded bytes define the directions, so that rows and queries agree on them, and a query is
// projected by integer products of bytes. They are orthonormal to within a hundredth, an error far smaller than that of
// the codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "base/matrix.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::quantize {

// Projects rows while an index is built.
struct LearntDirections {
  std::size_t dims = 0;
  std::size_t outputs = 0;  // a multiple of 32; those past `count` are zero
  std::size_t count = 0;
  std::vector<float> centre;       // centre of transformed rows
  std::vector<std::int8_t> bytes;  // dims x outputs
  std::vector<float> steps;        // one per output: direction = step * bytes
  std::vector<float> matrix;       // the same as floats, dims x outputs

  // Projects `rows` transformed vectors (which are centred in place): outputs() floats each, and the squared norm of
  // the residual.
  void project(float* vectors, std::size_t rows, float* projections, float* residual_squares) const;
};

// The leading `available` principal directions of a sample of transformed rows, before they are mixed.
struct PrincipalDirections {
  std::size_t dims = 0;
  std::size_t available = 0;
  std::vector<float> centre;
  std::vector<double> columns;  // dims x available
};
// Finds the directions. available <= min(sample rows, dims).
PrincipalDirections find_directions(const transform::Sample& sample, std::size_t available, std::size_t threads);

// Returns the rows of a sample relative to its centre, one after another.
std::vector<float> centred(const transform::Sample& sample, const std::vector<float>& centre);
// Returns the projections of `rows` centred rows onto all of them, before they are mixed, filled up to `width` numbers
// each.
std::vector<float> project_onto(const PrincipalDirections& principal, const std::vector<float>& centred_rows,
                                std::size_t rows, std::size_t width);
// Returns the step with which projections like these are rounded to bytes: a little more than the largest number takes,
// except for one in a thousand.
float byte_step_for(const std::vector<float>& projections);

// Returns the first `count` of them, mixed according to the seed, as bytes.
LearntDirections learn_directions(const PrincipalDirections& principal, std::size_t count, std::uint64_t seed = 0);

// Returns the coordinates themselves, relative to a centre.
LearntDirections coordinate_directions(const std::vector<float>& centre);
// Returns the directions multiplied with a rotation, outputs x outputs numbers row by row: projections along them are
// the former ones times the table.
LearntDirections turned(const LearntDirections& directions, const std::vector<float>& rotation);

// Returns the bytes of `outputs` directions as panels of 32 (kernels.h), unsigned: 128 means zero.
std::vector<std::uint8_t> panels_of(const std::int8_t* columns, std::size_t dims, std::size_t outputs);

}  // namespace nearabout::quantize

// Chooses how many directions are encoded, and with how many bits each, by measuring on a sample of the rows.
#pragma once

#include <cstddef>

#include "index/ivf/options.h"
#include "quantize/directions.h"
#include "quantize/leading_codes.h"
#include "transform/sample.h"

namespace nearabout::ivf {

// The table that codes are chosen for.
struct CodedTable {
  std::size_t rows;       // in the whole table
  std::size_t lists;      // expected number of lists
  std::size_t row_bytes;  // bytes of a vector
  double recall;          // target recall of searches
};

// Returns the largest number of directions that may be chosen for a sample.
std::size_t max_directions(std::size_t sample_rows, std::size_t dims);

// Returns the codes with the lowest expected cost per query; if rows are not reranked, those that rank neighbours best.
// Fields fixed by `options` are left unchanged. `sample` has transformed rows, `principal` has max_directions() of
// them.
quantize::CodeShape choose_shape(const transform::Sample& sample, const quantize::PrincipalDirections& principal,
                                 const CodedTable& table, const IvfOptions& options, std::size_t threads);

}  // namespace nearabout::ivf

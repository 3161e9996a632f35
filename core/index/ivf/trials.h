// Queries whose neighbours are known by the end of the build: what lists, probes and depths are measured with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/top_k.h"
#include "quantize/directions.h"
#include "quantize/lift.h"
#include "quantize/sample.h"

namespace nearabout {

struct Trials {
  std::vector<std::uint32_t> rows;          // where they were taken from; empty for queries that the user gave
  std::vector<std::vector<float>> vectors;  // as they are asked
  std::vector<float> lifted;                // as queries, centred; queries x dims of lifted vectors
  std::vector<double> squares;              // of their lengths
  std::vector<TopK> nearest;                // by squared distance; filled as rows are coded (encode.h)

  std::size_t count() const { return squares.size(); }
  // Whether a row at that squared distance, the difference of numbers of that size, counts as a neighbour. Rows are not
  // their own neighbours, nor are their duplicates, which say nothing of others; a query of the user's may well be one
  // of the rows.
  bool counts(std::size_t query, std::size_t row, double distance, double size) const {
    constexpr double kSame = 1e-6;  // nothing but rounding
    return rows.empty() || (distance > kSame * size && rows[query] != row);
  }
};

// Of the user's queries (as many as are of use, spread evenly; vectors of lift.inputs() floats); where there are none,
// of some rows.
Trials take_trials(std::span<const float> queries, const RowReader& read, std::size_t rows, const Lift& lift,
                   const std::vector<float>& centre);

}  // namespace nearabout

// Estimated times of the parts of a search, in nanoseconds. Only ratios matter: they are used to choose parameters.
// Memory latency is partly included.
#pragma once

#include <cmath>
#include <cstddef>

#include "index/tuning.h"
#include "quantize/leading_codes.h"

namespace nearabout::ivf {

struct LinearCost {
  double fixed, each;

  double of(double count) const { return fixed + each * count; }
};

struct PartCosts {
  double fixed;        // of a search: its call, its memory and its results; only for shares of a whole search
  double list;         // fixed cost of probing a list
  LinearCost tables;   // of a row whose code is looked up in tables, by bytes of the code
  LinearCost bytes;    // of a row whose code is multiplied, by bytes of the code
  double sharing;      // queries of a list from which on the latter holds: with fewer, a matrix unit is partly idle
  LinearCost compare;  // of a row fetched from memory and compared, by its bytes
  double product;      // of a product of bytes, by dimensions: for projections and centroids

  // Returns the cost per row. `shared` is how many queries scan a list together.
  double scan(const quantize::CodeShape& shape, double shared) const;
  double compare_row(std::size_t row_bytes) const { return compare.of(static_cast<double>(row_bytes)); }
  // Returns the cost of a product of bytes, per output.
  double product_of(std::size_t dims) const { return product * static_cast<double>(dims); }
  // Returns the cost of finding the nearest `probes` of `lists` lists: through groups if there are many (groups.h).
  double ranking(std::size_t lists, std::size_t probes, std::size_t directions) const;
};

// The costs of byte rows (quantize/byte_bounds.h), which a search looks at before it compares vectors. To look at one
// costs what a vector of as many bytes does, because both wait for memory.
struct ByteRowCosts {
  double cached;     // bytes of vectors that a cache holds: there byte rows save nothing
  LinearCost query;  // of a query bound to them, by dimensions
};

// The costs on a family of processors.
struct FamilyCosts {
  PartCosts batch, single;  // of many queries that are searched together, and of one
  bool tries_bytes;         // whether codes of 8 bits may be chosen
  ByteRowCosts byte_rows;
  bool tries_byte_rows;  // whether byte rows may be chosen
};
const FamilyCosts& costs_of(const index::Family& family);

// Returns the cost that `cost` gives for PartCosts: of batches, of single queries, or the geometric mean of the two,
// which weighs a percentage of either the same.
template <class Cost>
double weigh(const index::Tuning& tuning, Cost cost) {
  const FamilyCosts& costs = costs_of(*tuning.family);
  if (tuning.workload == index::Workload::batch) return cost(costs.batch);
  if (tuning.workload == index::Workload::single) return cost(costs.single);
  return std::sqrt(cost(costs.batch) * cost(costs.single));
}

// Bytes in addition to those of codes and vectors (codes of 8 bits, byte rows) are chosen if a search then takes at
// most this part of the time.
inline constexpr double kWorthTheBytes = 0.85;

// Returns the fraction that a search of this target recall may miss, relative to that of the default recall.
double misses_of(double recall);
// Returns the rows that a search scans, approximately.
double scanned_rows(std::size_t rows, double recall);

// Queries that go through lists of bytes together on a matrix unit, so that enough of them share a list to fill it.
inline constexpr std::size_t kTogetherByBytes = 1'024;

}  // namespace nearabout::ivf

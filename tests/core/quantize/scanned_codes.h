// Rows as lists have them: encoded, packed into blocks and scanned by the kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/aligned.h"
#include "check.h"
#include "kernels/kernels.h"
#include "quantize/residual_codes.h"
#include "quantize/shapes.h"

namespace nearabout::test {

// Codes and terms of rows, as they come from one row at a time.
struct Encoded {
  const quantize::ResidualCodes& codes;
  std::size_t rows;
  std::vector<std::uint8_t> packed;
  std::vector<quantize::RowTerms> terms;

  const std::uint8_t* row(std::size_t i) const { return packed.data() + i * codes.shape().bytes(); }
};

// Encodes the rows of a table about one centroid.
inline Encoded encode(const quantize::ResidualCodes& codes, const Table& projections, const float* centroid) {
  Encoded encoded{codes, projections.rows, std::vector<std::uint8_t>(projections.rows * codes.shape().bytes()), {}};
  for (std::size_t i = 0; i < projections.rows; ++i)
    encoded.terms.push_back(codes.encode(projections.row(i), centroid, static_cast<float>(i) * 0.1f,
                                         encoded.packed.data() + i * codes.shape().bytes()));
  return encoded;
}

// Returns the estimate of a row by what its code says of it, without the terms of the query and the list alone.
inline double estimate_of(const Encoded& encoded, std::size_t i, const float* query) {
  std::vector<float> row(encoded.codes.shape().directions);
  encoded.codes.approximate(encoded.row(i), encoded.terms[i], row.data());
  double sum = 0;
  for (std::size_t j = 0; j < row.size(); ++j) sum += double{query[j]} * double{row[j]};
  return double{encoded.terms[i].offset} - sum;
}

// Blocks of codes, with terms as 16 bits between the smallest and the largest, as the file stores them.
struct Blocks {
  std::vector<std::uint8_t> bytes;
  float low, offset_step, scale_step;
};

inline void put_term(std::uint8_t* line, std::size_t place, double value) {
  const auto term = static_cast<std::uint16_t>(std::lrint(value));
  line[place * 2] = static_cast<std::uint8_t>(term & 0xff);
  line[place * 2 + 1] = static_cast<std::uint8_t>(term >> 8);
}

inline Blocks blocks_of(const Encoded& encoded) {
  float low = encoded.terms[0].offset, high = low, most = 0;
  for (const quantize::RowTerms& terms : encoded.terms) {
    low = std::min(low, terms.offset);
    high = std::max(high, terms.offset);
    most = std::max(most, terms.scale);
  }
  const std::size_t lines = encoded.codes.shape().lines();
  const std::size_t each = kernels::block_bytes(lines);
  Blocks blocks{std::vector<std::uint8_t>((encoded.rows + 15) / 16 * each, 0), low, (high - low) / 65'535 + 1e-9f,
                most / 65'535 + 1e-30f};
  for (std::size_t i = 0; i < encoded.rows; ++i) {
    std::uint8_t* const block = blocks.bytes.data() + i / 16 * each;
    quantize::put_codes(encoded.row(i), encoded.codes.shape(), i % 16, block);
    std::uint8_t* const line = block + lines * kernels::kLineBytes;
    put_term(line, i % 16, double{encoded.terms[i].offset - low} / double{blocks.offset_step});
    put_term(line, 16 + i % 16, double{encoded.terms[i].scale} / double{blocks.scale_step});
  }
  return blocks;
}

// Returns how far the sum of entries, or of products with bytes, may be off, in units of an entry or a byte of 1.
inline double entry_error(const quantize::CodeShape& shape) {
  if (shape.has_bytes()) return 0.501 * 127 * static_cast<double>(shape.directions);
  return 0.501 * static_cast<double>(shape.form() == quantize::CodeForm::tables ? shape.codes() : shape.parts);
}

// Returns the largest entry of a query's tables, or the largest of its bytes, and the largest that it may be.
inline int largest_entry(const quantize::CodeShape& shape, const std::int8_t* tables) {
  int largest = 0;
  if (shape.form() == quantize::CodeForm::long_tables) {
    const auto* const entries = static_cast<const std::int16_t*>(static_cast<const void*>(tables));
    for (std::size_t i = 0; i < shape.query_bytes() / 2; ++i) largest = std::max(largest, std::abs(int{entries[i]}));
  } else {
    for (std::size_t i = 0; i < shape.query_bytes(); ++i) largest = std::max(largest, std::abs(int{tables[i]}));
  }
  return largest;
}
inline int most_of_entries(quantize::CodeForm form) {
  if (form == quantize::CodeForm::tables) return kernels::kMaxEntry;
  return form == quantize::CodeForm::products ? kernels::kMaxQueryByte : kernels::kMaxLongEntry;
}

inline kernels::ScanCodes scan_of(const kernels::Table& table, quantize::CodeForm form) {
  if (form == quantize::CodeForm::tables) return table.codes.scan;
  return form == quantize::CodeForm::products ? table.codes.scan_bytes : table.codes.scan_long;
}

// A scan of rows by the kernels of every table gives the estimates of what their codes say, to within half an entry for
// each code, half a step of each term, and the rounding error of floats.
inline void expect_scans_estimate_the_same(const Encoded& encoded, const float* query) {
  const quantize::CodeShape& shape = encoded.codes.shape();
  const Blocks blocks = blocks_of(encoded);
  const AlignedBytes memory = aligned_bytes(shape.query_bytes());
  auto* const tables = static_cast<std::int8_t*>(static_cast<void*>(memory.get()));
  const quantize::QueryCodes bound = encoded.codes.bind(query, tables);
  CHECK_EQUAL(largest_entry(shape, tables), most_of_entries(shape.form()));  // the whole range is used, and no more
  for (const kernels::Table* const table : kernels::available_tables()) {
    std::vector<std::uint32_t> numbers((encoded.rows + 15) / 16 * 16, 99);
    std::vector<float> estimates(numbers.size());
    kernels::CodeScan scan{tables,
                           blocks.low,
                           blocks.offset_step,
                           -bound.unit * blocks.scale_step,
                           std::numeric_limits<float>::infinity(),
                           5,
                           numbers.data(),
                           estimates.data(),
                           0};
    scan.correction = bound.correction;
    kernels::CodeScan* const scans[] = {&scan};
    scan_of(*table, shape.form())(blocks.bytes.data(), encoded.rows, shape.lines(), scans, 1);
    CHECK_EQUAL(scan.found, encoded.rows);
    for (std::size_t i = 0; i < encoded.rows; ++i) {
      const quantize::RowTerms& terms = encoded.terms[i];
      const double expected = estimate_of(encoded, i, query);
      const double along = std::abs(expected - double{terms.offset}) / std::max(double{terms.scale}, 1e-30);
      const double entries = entry_error(shape) * double{bound.unit};
      const double slack = double{terms.scale} * entries + double{blocks.offset_step} +
                           double{blocks.scale_step} * (along + entries) +
                           1e-5 * (std::abs(expected) + std::abs(double{terms.offset}));
      CHECK_EQUAL(numbers[i], 5 + i);
      CHECK(std::abs(double{estimates[i]} - expected) <= slack);
    }
  }
}

}  // namespace nearabout::test

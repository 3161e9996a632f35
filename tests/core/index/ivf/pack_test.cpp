// Lists packed for the file are unpacked, number by number, to the rows they were made from: at ragged sizes, within
// any memory, by any number of threads.
#include "index/ivf/pack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "check.h"
#include "kernels/kernels.h"

using namespace nearabout;
using namespace nearabout::ivf;
using quantize::CodeShape;

namespace {

constexpr std::size_t kBlock = kernels::kBlockRows;
constexpr std::size_t kSizes[] = {0, 1, 15, 16, 17, 33, 100, 0, 31};

// Rows of lists of these sizes, shuffled.
struct Made {
  LearntLists learnt;
  std::vector<RowHeader> headers;
  std::vector<std::uint8_t> codes;
  EncodedRows encoded;
};

Made made_of(const CodeShape& shape, bool squares) {
  std::mt19937 random(static_cast<unsigned>(shape.directions));
  std::normal_distribution<float> bell;
  Made made{{}, {}, {}, EncodedRows(shape.bytes(), nullptr)};
  made.learnt.shape = shape;
  made.learnt.squares = squares;
  made.learnt.centroids.resize(std::size(kSizes) * shape.directions);
  std::uint32_t list = 0;
  for (const std::size_t size : kSizes) {
    for (std::size_t i = 0; i < size; ++i)
      made.headers.push_back({list,
                              static_cast<std::uint32_t>(random()),
                              std::abs(bell(random)),
                              {5 * bell(random), std::abs(bell(random))}});
    ++list;
  }
  std::shuffle(made.headers.begin(), made.headers.end(), random);
  made.codes.resize(made.headers.size() * shape.bytes());
  for (std::uint8_t& byte : made.codes) byte = static_cast<std::uint8_t>(random());
  made.encoded.header.append(std::as_bytes(std::span(made.headers)));
  made.encoded.codes.append(std::as_bytes(std::span(made.codes)));
  return made;
}

std::vector<std::uint32_t> rows_of(const Made& made, std::size_t list) {
  std::vector<std::uint32_t> rows;
  for (std::size_t row = 0; row < made.headers.size(); ++row)
    if (made.headers[row].list == list) rows.push_back(static_cast<std::uint32_t>(row));
  return rows;
}

// Returns a row's code number `c` as a block holds it (kernels.h).
unsigned code_in(const std::uint8_t* block, std::size_t place, std::size_t c) {
  const unsigned both = block[c / 8 * kernels::kLineBytes + c % 4 * 16 + place];
  return c % 8 < 4 ? both & 15u : both >> 4;
}

void check_row(const Made& made, const PackedList& packed, std::size_t i, std::uint32_t row) {
  const CodeShape& shape = made.learnt.shape;
  const RowHeader& header = made.headers[row];
  const std::uint8_t* const block = packed.blocks.data() + i / kBlock * kernels::block_bytes(shape.lines());
  for (std::size_t c = 0; c < shape.codes(); ++c) {
    const unsigned byte = made.codes[row * shape.bytes() + c / 2];
    CHECK_EQUAL(code_in(block, i % kBlock, c), c % 2 == 0 ? byte & 15u : byte >> 4);
  }
  std::uint16_t terms[2 * kBlock];
  std::memcpy(terms, block + shape.lines() * kernels::kLineBytes, sizeof terms);
  const quantize::TermSteps& steps = packed.steps;
  const double offset = double{steps.offset_low} + double{steps.offset_step} * terms[i % kBlock];
  const double scale = double{steps.scale_step} * terms[kBlock + i % kBlock];
  CHECK(std::abs(offset - double{header.terms.offset}) <= 0.51 * double{steps.offset_step} + 1e-5);
  CHECK(std::abs(scale - double{header.terms.scale}) <= 0.51 * double{steps.scale_step} + 1e-7);
  const std::size_t columns = made.learnt.list_columns();
  CHECK_EQUAL(packed.rows[i * columns], row);
  if (columns > 1) CHECK_EQUAL(packed.rows[i * columns + 1], header.square);
}

void check_list(const Made& made, const PackedList& packed) {
  CASE("list ", packed.list);
  const std::vector<std::uint32_t> rows = rows_of(made, packed.list);
  const std::size_t blocks = (rows.size() + kBlock - 1) / kBlock;
  const std::size_t columns = made.learnt.list_columns();
  CHECK_EQUAL(packed.count, rows.size());
  CHECK_EQUAL(packed.blocks.size(), blocks * kernels::block_bytes(made.learnt.shape.lines()));
  CHECK_EQUAL(packed.rows.size(), blocks * kBlock * columns);
  if (packed.count != rows.size() || packed.rows.size() != blocks * kBlock * columns) return;
  for (std::size_t i = 0; i < rows.size(); ++i) check_row(made, packed, i, rows[i]);
  for (std::size_t i = rows.size() * columns; i < packed.rows.size(); ++i) CHECK_EQUAL(packed.rows[i], kNoRow);
  std::vector<float> residuals;
  for (const std::uint32_t row : rows) residuals.push_back(made.headers[row].residual);
  const calibration::ResidualSummary summary = calibration::summarize_residuals(residuals);
  CHECK_EQUAL(packed.residuals.median, summary.median);
  CHECK_EQUAL(packed.residuals.variance, summary.variance);
}

void check_shape(const CodeShape& shape, bool squares) {
  CASE(shape.directions, " directions of ", shape.bits, " bits");
  const Made made = made_of(shape, squares);
  const std::vector<std::uint32_t> sizes = list_sizes(made.encoded, std::size(kSizes));
  CHECK(std::equal(sizes.begin(), sizes.end(), std::begin(kSizes), std::end(kSizes)));
  for (const std::size_t memory : {0u, 1u, 4'000u})  // 1: a pass for each list
    for (const std::size_t threads : {1u, 2u}) {
      CASE("memory ", memory, ", threads ", threads);
      std::size_t next = 0;
      const auto take = [&](const std::vector<PackedList>& lists) {
        for (const PackedList& packed : lists) {
          CHECK_EQUAL(packed.list, next++);
          check_list(made, packed);
        }
      };
      pack_lists(made.encoded, made.learnt, sizes, memory, threads, take, {});
      CHECK_EQUAL(next, std::size(kSizes));
    }
}

TEST(packed_lists_are_unpacked_to_their_rows) {
  for (const CodeShape& shape :
       {CodeShape{32, 1}, CodeShape{96, 1}, CodeShape{16, 2}, CodeShape{8, 4}, CodeShape{64, 4}})
    for (const bool squares : {false, true}) check_shape(shape, squares);
}

}  // namespace

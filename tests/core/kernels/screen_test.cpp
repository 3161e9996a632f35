// The screen kernels of every table: exact sums over the full range of bytes, panels, and hits.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/aligned.h"
#include "kernels/emulated_tiles.h"
#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using nearabout::kernels::Table;

namespace {

std::int32_t product(const std::int8_t* query, const std::uint8_t* row, std::size_t dims, std::uint8_t flip) {
  std::int64_t sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += query[j] * static_cast<std::uint8_t>(row[j] ^ flip);
  CHECK(sum >= std::numeric_limits<std::int32_t>::min() && sum <= std::numeric_limits<std::int32_t>::max());
  return static_cast<std::int32_t>(sum);
}

std::vector<std::int8_t> random_query(std::mt19937& random, std::size_t dims) {
  std::vector<std::int8_t> query(dims);
  for (std::int8_t& value : query) value = static_cast<std::int8_t>(random());
  return query;
}

void check_rows(const Table& table, const std::vector<std::int8_t>& query, const RowBlock& block,
                const kernels::Rows& rows, std::uint8_t flip) {
  std::vector<std::int32_t> out(rows.count);
  table.screen.rows(query.data(), rows, query.size(), flip, out.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::size_t row = rows.rows == nullptr ? i : rows.rows[i];
    const std::int32_t expected = product(query.data(), block.row(row), query.size(), flip);
    expect(out[i] == expected, table.name, "screen.rows", query.size(), i, expected, out[i]);
  }
}

void test_rows(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes()) {
    const RowBlock block = random_rows(random, 1 + random() % 9, dims, random() % 3 * 5);
    const std::vector<std::int8_t> query = random_query(random, dims);
    check_rows(table, query, block, block.all(), 0);
    check_rows(table, query, block, block.all(), 0x80);
    std::vector<std::uint32_t> list(random() % 70);
    for (std::uint32_t& row : list) row = static_cast<std::uint32_t>(random() % block.count);
    check_rows(table, query, block, block.listed(list), 0);
  }
  for (std::size_t count = 0; count <= 70; ++count) {
    const RowBlock block = random_rows(random, count, 37, 0);
    check_rows(table, random_query(random, 37), block, block.all(), 0);
  }
}

// The sums that come nearest to overflow, and those that a 16-bit intermediate would saturate.
void test_extremes(const Table& table) {
  for (const std::size_t dims : {std::size_t{3}, std::size_t{256}, std::size_t{4099}, kernels::kMaxDims}) {
    for (const int value : {-128, 127}) {
      for (const int byte : {0, 127, 128, 255}) {
        const RowBlock block{std::vector<std::uint8_t>(dims, static_cast<std::uint8_t>(byte)), dims, 1};
        const std::vector<std::int8_t> query(dims, static_cast<std::int8_t>(value));
        check_rows(table, query, block, block.all(), 0);
        check_rows(table, query, block, block.all(), 0x80);
      }
    }
  }
}

void check_wide(const Table& table, const std::vector<std::int16_t>& query, const RowBlock& block,
                const kernels::Rows& rows) {
  std::vector<std::int32_t> out(rows.count);
  table.screen.wide_rows(query.data(), rows, query.size(), out.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::uint8_t* const row = block.row(rows.rows == nullptr ? i : rows.rows[i]);
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < query.size(); ++j) sum += query[j] * static_cast<std::int8_t>(row[j]);
    CHECK(sum >= std::numeric_limits<std::int32_t>::min() && sum <= std::numeric_limits<std::int32_t>::max());
    expect(out[i] == sum, table.name, "screen.wide_rows", query.size(), i, static_cast<std::int32_t>(sum), out[i]);
  }
}

void test_wide_rows(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes()) {
    const RowBlock block = random_rows(random, 1 + random() % 9, dims, random() % 3 * 5);
    const auto most = static_cast<unsigned>(kernels::largest_wide(dims));
    std::vector<std::int16_t> query(dims);
    for (std::int16_t& value : query)
      value = static_cast<std::int16_t>(static_cast<int>(random() % (2 * most + 1)) - static_cast<int>(most));
    check_wide(table, query, block, block.all());
    std::vector<std::uint32_t> list(random() % 70);
    for (std::uint32_t& row : list) row = static_cast<std::uint32_t>(random() % block.count);
    check_wide(table, query, block, block.listed(list));
  }
}

// The largest weights with the largest bytes: the sums that come nearest to overflow.
void test_wide_extremes(const Table& table) {
  for (const std::size_t dims : {std::size_t{1}, std::size_t{3}, std::size_t{511}, std::size_t{512}, std::size_t{513},
                                 std::size_t{4099}, kernels::kMaxDims})
    for (const int sign : {-1, 1})
      for (const int byte : {127, 128}) {
        const RowBlock block{std::vector<std::uint8_t>(dims, static_cast<std::uint8_t>(byte)), dims, 1};
        check_wide(table,
                   std::vector<std::int16_t>(dims, static_cast<std::int16_t>(sign * kernels::largest_wide(dims))),
                   block, block.all());
      }
}

// The products of one panel and of two equal ones, written to lines of `queries` with a gap.
void check_panel_dots(const char* name, kernels::PanelDots panel_dots, const std::uint8_t* panels,
                      const RowBlock& block, std::size_t dims, const std::vector<std::int8_t>& queries,
                      std::size_t stride, std::size_t count, std::uint8_t flip) {
  for (const std::size_t panel_count : {std::size_t{1}, std::size_t{2}}) {
    const std::size_t line = panel_count * kernels::kPanelRows + 5;
    std::vector<std::int32_t> out(kernels::kPanelQueries * line, 12'345);
    panel_dots(panels, panel_count, queries.data(), stride, count, dims, out.data(), line);
    for (std::size_t q = 0; q < kernels::kPanelQueries; ++q)
      for (std::size_t place = 0; place < line; ++place) {
        const std::size_t r = place % kernels::kPanelRows;
        const bool written = q < count && place < line - 5;
        const std::int32_t real =
            written && r < block.count ? product(queries.data() + q * stride, block.row(r), dims, flip) : 0;
        const std::int32_t expected = written ? real : 12'345;
        expect(out[q * line + place] == expected, name, "panel_dots", dims, place, expected, out[q * line + place]);
      }
  }
}

void check_panel(const Table& table, const RowBlock& block, std::size_t dims, const std::vector<std::int8_t>& queries,
                 std::size_t stride, std::size_t count, std::uint8_t flip) {
  const std::size_t padded = kernels::padded_dims(dims);
  const std::size_t bytes = kernels::panel_bytes(dims);
  const AlignedArray<std::uint8_t> panels = aligned_array<std::uint8_t>(2 * bytes);
  std::uint8_t* const panel = panels.get();
  table.screen.pack_panel(block.bytes.data(), block.stride, block.count, dims, flip, panel);
  for (std::size_t r = 0; r < kernels::kPanelRows; ++r) {
    for (std::size_t j = 0; j < padded; ++j) {
      const bool real = r < block.count && j < dims;
      const std::uint8_t expected = real ? static_cast<std::uint8_t>(block.row(r)[j] ^ flip) : std::uint8_t{0};
      const std::uint8_t got = panel[(j / 4 * kernels::kPanelRows + r) * 4 + j % 4];
      expect(got == expected, table.name, "pack_panel", dims, r, expected, got);
    }
  }
  std::copy_n(panel, bytes, panel + bytes);
  check_panel_dots(table.name, table.screen.panel_dots, panel, block, dims, queries, stride, count, flip);
  check_panel_dots("emulated tiles", emulated_tiles().panel_dots, panel, block, dims, queries, stride, count, flip);
}

void test_panels(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes()) {
    const std::size_t count = 1 + random() % kernels::kPanelQueries;
    const std::size_t padded = kernels::padded_dims(dims);
    const std::size_t stride = padded + random() % 2 * 16;
    std::vector<std::int8_t> queries((count - 1) * stride + padded);
    for (std::size_t q = 0; q < count; ++q) {
      for (std::size_t j = 0; j < dims; ++j) queries[q * stride + j] = static_cast<std::int8_t>(random());
    }
    const RowBlock block = random_rows(random, random() % (kernels::kPanelRows + 1), dims, random() % 3);
    check_panel(table, block, dims, queries, stride, count, 0);
    check_panel(table, block, dims, queries, stride, count, 0x80);
  }
  const std::size_t dims = 1024;
  for (std::size_t count = 1; count <= kernels::kPanelQueries; ++count) {
    RowBlock block = random_rows(random, kernels::kPanelRows, dims, 0);
    for (std::uint8_t& byte : block.bytes) byte = 255;
    check_panel(table, block, dims, std::vector<std::int8_t>(count * dims, -128), dims, count, 0);
    check_panel(table, block, dims, std::vector<std::int8_t>(count * dims, 127), dims, count, 0);
  }
}

// Random narrow bytes, and the largest ones: the sums that come nearest to overflow.
void test_narrow_panels(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes())
    for (const int sign : {0, -1, 1}) {
      const std::size_t count = 1 + random() % kernels::kPanelQueries;
      const std::size_t padded = kernels::padded_dims(dims);
      std::vector<std::int8_t> queries(count * padded);
      for (std::size_t q = 0; q < count; ++q)
        for (std::size_t j = 0; j < dims; ++j)
          queries[q * padded + j] = static_cast<std::int8_t>(
              sign == 0 ? static_cast<int>(random() % (2 * kernels::kNarrowQuery + 1)) - kernels::kNarrowQuery
                        : sign * kernels::kNarrowQuery);
      RowBlock block = random_rows(random, random() % (kernels::kPanelRows + 1), dims, random() % 3);
      for (std::uint8_t& byte : block.bytes)
        byte = static_cast<std::uint8_t>(sign == 0 ? byte % (kernels::kNarrowRow + 1) : kernels::kNarrowRow);
      const AlignedArray<std::uint8_t> panels = aligned_array<std::uint8_t>(2 * kernels::panel_bytes(dims));
      table.screen.pack_panel(block.bytes.data(), block.stride, block.count, dims, 0, panels.get());
      std::copy_n(panels.get(), kernels::panel_bytes(dims), panels.get() + kernels::panel_bytes(dims));
      check_panel_dots(table.name, table.screen.narrow_panel_dots, panels.get(), block, dims, queries, padded, count,
                       0);
    }
}

void check_local_bytes(const Table& table, const std::vector<std::int16_t>& values,
                       const std::vector<std::int32_t>& centre, float factor) {
  std::vector<std::int8_t> expected, bytes(values.size());
  kernels::LocalTerms terms{0, 0};
  for (std::size_t j = 0; j < values.size(); ++j) {
    const int most = static_cast<int>(kernels::kMaxLocalByte / factor);
    const volatile float scaled = factor * static_cast<float>(std::clamp(values[j] - centre[j], -most, most));
    expected.push_back(static_cast<std::int8_t>(std::lrint(scaled)));
    terms.square += expected.back() * expected.back();
    terms.sum += expected.back();
  }
  const kernels::LocalTerms got =
      table.screen.local_bytes(values.data(), centre.data(), values.size(), factor, bytes.data());
  CHECK_EQUAL(bytes, expected);
  CHECK_EQUAL(got.square, terms.square);
  CHECK_EQUAL(got.sum, terms.sum);
}

void test_local_bytes(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes())
    for (const float factor : {kernels::kMaxLocalByte, 1.0f, 0.5f, 0.0371f, 0.002f}) {
      std::vector<std::int16_t> values(dims);
      std::vector<std::int32_t> centre(dims);
      const int reach = random() % 2 ? 32'512 : 300;
      std::uniform_int_distribution<int> uniform(-reach, reach);
      for (std::size_t j = 0; j < dims; ++j) {
        values[j] = static_cast<std::int16_t>(uniform(random));
        centre[j] = uniform(random);
      }
      check_local_bytes(table, values, centre, factor);
    }
}

void check_hits(const Table& table, const std::vector<std::int32_t>& dots, const kernels::Screen& screen) {
  const std::size_t room = (dots.size() + 15) / 16 * 16;
  std::vector<std::uint32_t> hits(room), expected_hits;
  std::vector<float> bounds(room), expected_bounds;
  for (std::size_t i = 0; i < dots.size(); ++i) {
    // Volatile, so that each operation rounds to float32 here too.
    volatile float bound = screen.scale * static_cast<float>(dots[i]);
    bound = (screen.offsets == nullptr ? 0.0f : screen.offsets[i]) + bound;
    const volatile float margin = screen.errors == nullptr ? 0.0f : screen.slack * screen.errors[i];
    bound = bound - margin;
    if (!(bound <= screen.threshold)) continue;
    expected_hits.push_back(static_cast<std::uint32_t>(i));
    expected_bounds.push_back(float{bound});
  }
  const std::size_t found = table.screen.hits(dots.data(), dots.size(), screen, hits.data(), bounds.data());
  hits.resize(found);
  bounds.resize(found);
  CHECK_EQUAL(hits, expected_hits);
  CHECK_EQUAL(bounds, expected_bounds);
}

void test_hits(const Table& table, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (std::size_t count = 0; count <= 100; ++count) {
    std::vector<std::int32_t> dots(count);
    std::vector<float> offsets(count), errors(count);
    for (std::size_t i = 0; i < count; ++i) {
      dots[i] = static_cast<std::int32_t>(random());
      offsets[i] = random() % 10 == 0 ? nan : uniform(random) * 1e9f;
      errors[i] = random() % 20 == 0 ? infinity : uniform(random);
    }
    for (const float threshold : {-infinity, -1e9f, -1e6f, 0.0f, 1e9f, infinity, nan}) {
      check_hits(table, dots, {offsets.data(), errors.data(), -0.7f, 3e8f, threshold});
      check_hits(table, dots, {offsets.data(), nullptr, 1.0f, infinity, threshold});
      check_hits(table, dots, {nullptr, errors.data(), 0.5f, 1.0f, threshold});
      check_hits(table, dots, {nullptr, nullptr, 1.0f, 1.0f, threshold});
    }
  }
}

TEST(rows) { each_table(1, test_rows); }

TEST(extremes) {
  for (const Table* table : tables_to_test()) test_extremes(*table);
}

TEST(wide_rows) { each_table(1, test_wide_rows); }

TEST(wide_extremes) {
  for (const Table* table : tables_to_test()) test_wide_extremes(*table);
}

TEST(panels) { each_table(1, test_panels); }
TEST(local_bytes) { each_table(1, test_local_bytes); }
TEST(narrow_panels) { each_table(1, test_narrow_panels); }

TEST(hits) { each_table(1, test_hits); }

}  // namespace

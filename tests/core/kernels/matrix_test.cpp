// The matrix kernels of every table, and those of tiles on an emulated unit: hits.
#include <limits>
#include <set>
#include <tuple>

#include "base/aligned.h"
#include "kernels/emulated_tiles.h"
#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using kernels::MatrixHit;
using kernels::MatrixQueries;
using kernels::MatrixRows;
using kernels::MatrixScreen;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows in panels and queries, both padded, and their true products.
struct Case {
  std::size_t rows, queries, dims;
  AlignedArray<std::uint8_t> panels;
  AlignedArray<std::int8_t> bytes;
  std::vector<std::int32_t> dots;
  std::vector<float> offsets, errors;
  std::vector<MatrixScreen> screens;

  std::size_t padded_rows() const {
    return (rows + kernels::kPanelRows - 1) / kernels::kPanelRows * kernels::kPanelRows;
  }
  MatrixRows view() const { return {panels.get(), padded_rows(), dims, offsets.data(), errors.data()}; }
  MatrixQueries asked() const {
    return {bytes.get(), kernels::matrix_dims(dims), kernels::matrix_queries(queries), screens.data()};
  }
  std::int32_t dot(std::size_t query, std::size_t row) const { return dots[query * padded_rows() + row]; }
};

// Extreme bytes are as likely as all others together.
template <class T>
T any_byte(std::mt19937& random) {
  const auto drawn = static_cast<unsigned>(random());
  if (drawn % 4 == 0) return std::numeric_limits<T>::max();
  if (drawn % 4 == 1) return std::numeric_limits<T>::min();
  return static_cast<T>(drawn >> 8);
}

Case random_case(std::mt19937& random, std::size_t rows, std::size_t queries, std::size_t dims) {
  Case made{rows, queries, dims, {}, {}, {}, {}, {}, {}};
  const std::size_t padded = kernels::matrix_dims(dims);
  made.panels = aligned_array<std::uint8_t>(made.padded_rows() * padded);
  made.bytes = aligned_array<std::int8_t>(kernels::matrix_queries(queries) * padded);
  std::fill_n(made.panels.get(), made.padded_rows() * padded, std::uint8_t{0});
  std::fill_n(made.bytes.get(), kernels::matrix_queries(queries) * padded, std::int8_t{0});
  made.dots.resize(kernels::matrix_queries(queries) * made.padded_rows());
  std::vector<std::vector<std::uint8_t>> table(rows, std::vector<std::uint8_t>(dims));
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < dims; ++j) {
      table[r][j] = any_byte<std::uint8_t>(random);
      std::uint8_t* const panel = made.panels.get() + r / kernels::kPanelRows * kernels::panel_bytes(padded);
      panel[(j / 4 * kernels::kPanelRows + r % kernels::kPanelRows) * 4 + j % 4] = table[r][j];
    }
  for (std::size_t q = 0; q < queries; ++q) {
    std::int8_t* const query = made.bytes.get() + q * padded;
    for (std::size_t j = 0; j < dims; ++j) query[j] = any_byte<std::int8_t>(random);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < dims; ++j) made.dots[q * made.padded_rows() + r] += query[j] * table[r][j];
  }
  std::uniform_real_distribution<float> uniform(0, 1);
  const auto spread = static_cast<float>(8'000 * std::sqrt(static_cast<double>(dims)));
  for (std::size_t r = 0; r < made.padded_rows(); ++r) {
    made.offsets.push_back(r < rows && random() % 16 != 0 ? spread * uniform(random) : kNan);
    made.errors.push_back(random() % 8 == 0 ? 0 : uniform(random));
  }
  for (std::size_t q = 0; q < kernels::matrix_queries(queries); ++q) {
    const float thresholds[] = {-spread, 0, spread, kInfinity, kNan};
    const float threshold = q < queries ? thresholds[random() % 5] : kNan;
    made.screens.push_back({-0.5f, random() % 4 == 0 ? std::numeric_limits<float>::max() : spread / 4, threshold});
  }
  return made;
}

// Every pair well within its threshold is a hit, no pair well beyond it is, and each is there once, in order.
void check_hits(kernels::MatrixHits matrix_hits, const Case& given, const char* name) {
  std::vector<MatrixHit> hits(given.dots.size() + 1, MatrixHit{77, 77, 77});
  const std::size_t found = matrix_hits(given.view(), given.asked(), hits.data());
  CHECK(hits.back().query == 77 && hits.back().row == 77);
  CHECK(found <= given.dots.size());
  hits.resize(found);
  std::set<std::pair<std::size_t, std::size_t>> seen;
  std::vector<std::size_t> last(given.screens.size(), 0);
  for (const MatrixHit& hit : hits) {
    CHECK(seen.emplace(hit.query, hit.row).second);
    CHECK(hit.row >= last[hit.query]);
    last[hit.query] = hit.row;
  }
  for (std::size_t q = 0; q < given.screens.size(); ++q)
    for (std::size_t r = 0; r < given.padded_rows(); ++r) {
      const MatrixScreen& screen = given.screens[q];
      const double product = double{screen.scale} * given.dot(q, r);
      const double margin = double{screen.slack} * double{given.errors[r]};
      const double bound = double{given.offsets[r]} + product - margin;
      const double room = 1e-6 * (std::abs(product) + std::abs(double{given.offsets[r]}) + margin);
      const bool is_hit = seen.contains({q, r});
      if (bound + room <= double{screen.threshold}) expect(is_hit, name, "matrix.hits", given.dims, r, 1, is_hit);
      if (!(bound - room <= double{screen.threshold})) expect(!is_hit, name, "matrix.hits", given.dims, r, 0, is_hit);
    }
  for (const MatrixHit& hit : hits) {
    const MatrixScreen& screen = given.screens[hit.query];
    const double margin = double{screen.slack} * double{given.errors[hit.row]};
    const double product = double{screen.scale} * given.dot(hit.query, hit.row);
    const double bound = double{given.offsets[hit.row]} + product - margin;
    const double room = 1e-6 * (std::abs(product) + std::abs(double{given.offsets[hit.row]}) + margin);
    if (std::abs(bound) < 1e30) CHECK(std::abs(double{hit.bound} - bound) <= room);
  }
}

void check(kernels::MatrixHits matrix_hits, const char* name) {
  CASE(name);
  std::mt19937 random(5);
  for (const std::size_t dims : {1u, 3u, 63u, 64u, 65u, 128u, 130u, 192u, 200u, 256u, 384u, 784u})
    for (const std::size_t rows : {1u, 31u, 32u, 33u, 64u, 95u, 128u, 200u})
      for (const std::size_t queries : {1u, 15u, 16u, 17u, 40u}) {
        if (rows * queries * dims > 400'000) continue;
        const Case given = random_case(random, rows, queries, dims);
        check_hits(matrix_hits, given, name);
      }
}

TEST(matrix_kernels_of_every_table) {
  for (const kernels::Table* table : tables_to_test()) check(table->matrix.hits, table->name);
}

TEST(matrix_kernels_of_emulated_tiles) { check(emulated_tiles().hits, "emulated tiles"); }

}  // namespace

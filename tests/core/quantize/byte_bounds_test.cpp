// Tests the proof in practice, as screen_test.cpp does: for data of every shape, queries of every kind and every space,
// no row within a reduced distance has a score beyond the limit for it; and on ordinary data few other rows pass. The
// bytes are read back from a file.
//
// Mutations that this test was seen to detect: half the error of rows; without the rounding of weights; without that of
// differences in float. The smaller allowances, for sums in double, squares and unit vectors, never showed: they rest
// on the proof alone.
#include "quantize/byte_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "base/convert.h"
#include "check.h"
#include "metric/bound_query.h"
#include "quantize/byte_bounds_file.h"
#include "quantize/queries.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;
using metric::Metric;
using transform::CodeSpace;

namespace {

constexpr CodeSpace kSpaces[] = {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product};

// Rows as stored, and their bytes in a file.
struct Stored {
  Stored(const Table& table, Element element, CodeSpace of, std::size_t threads = 2)
      : rows(table.rows), dims(table.dims), type(element), space(of), vectors(rows * row_bytes(element, dims)) {
    CHECK_EQUAL(from_f32(table.values.data(), table.values.size(), element, vectors.data()), table.values.size());
    const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
      to_f32(type, vectors.data() + begin * row_bytes(type, dims), (end - begin) * dims, to);
    };
    storage::Writer writer = storage::Writer::to_memory();
    write_byte_bounds(writer, read, rows, dims, space, nullptr, threads, {});
    file = writer.finish();
    bytes = read_byte_bounds(*file, space, rows, dims);
  }

  std::vector<double> scores(const ByteBoundQuery& query) const {
    std::vector<double> found(rows);
    const MatrixView table = bytes->bytes->matrix();
    const float* const squares = bytes->squares ? bytes->squares->all<float>().data() : nullptr;
    query.scores({table.data, table.stride, nullptr, rows}, squares, found.data());
    return found;
  }
  std::vector<double> rdists(const float* query) const {
    std::vector<double> found(rows);
    const metric::BoundQuery bound(metric_of(space), type, dims, query, Element::f32);
    bound.rdists({vectors.data(), row_bytes(type, dims), nullptr, rows}, found.data());
    return found;
  }

  std::size_t rows, dims;
  Element type;
  CodeSpace space;
  std::vector<std::byte> vectors;
  std::shared_ptr<const storage::File> file;
  std::optional<StoredByteBounds> bytes;
};

std::size_t passing(const std::vector<double>& scores, double limit) {
  return static_cast<std::size_t>(std::ranges::count_if(scores, [=](double score) { return score <= limit; }));
}

void no_row_within_a_distance_is_ruled_out(const Stored& stored, const Query& query) {
  std::vector<float> scratch;
  ByteBoundQuery bound;
  bound.bind(stored.bytes->bounds, query.values.data(), scratch);
  const std::vector<double> rdists = stored.rdists(query.values.data());
  const std::vector<double> scores = stored.scores(bound);
  double worst = -std::numeric_limits<double>::infinity();
  double limit = worst;
  std::vector<double> sorted = rdists;
  std::sort(sorted.begin(), sorted.end());
  for (const double rdist : sorted) {
    const double next = bound.limit(rdist);
    CHECK(rdist == worst || next >= limit);
    worst = rdist;
    limit = next;
  }
  for (std::size_t i = 0; i < stored.rows; ++i) {
    CASE("row ", i);
    CHECK(scores[i] <= bound.limit(rdists[i]));
  }
}

void check(const Table& table, const char* shape) {
  for (const CodeSpace space : kSpaces)
    for (const Element element : {Element::f32, Element::bf16}) {
      Table rows = table;
      for (std::size_t i = 0; i < rows.rows; ++i)  // cosine has no zero rows
        if (std::all_of(rows.row(i), rows.row(i) + rows.dims, [](float value) { return value == 0; }))
          rows.row(i)[0] = 1e-3f;
      const Stored stored(rows, element, space);
      Generator random(5);
      for (const Query& query : queries_for(rows, space, random)) {
        if (!std::ranges::all_of(query.values, [](float value) { return std::isfinite(value); })) continue;
        CASE(shape, ", ", name_of(metric_of(space)), " of ", name_of(element), ", ", query.kind);
        no_row_within_a_distance_is_ruled_out(stored, query);
      }
    }
}

Table extremes(Generator& random, std::size_t rows, std::size_t dims) {
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] *= std::pow(10.0f, static_cast<float>(j % 61) - 30.0f);
  return table;
}

TEST(bounds_hold_for_ordinary_rows) {
  Generator random(1);
  for (const std::size_t dims : {1u, 3u, 16u, 37u, 100u, 600u}) check(normal(random, 60, dims), "normal");
  check(low_rank(random, 200, 40, 5, 0.05), "low rank");
  check(clustered(random, 200, 24, 5), "clustered");
  check(correlated(random, 200, 64), "correlated");
}

TEST(bounds_hold_for_strange_rows) {
  Generator random(2);
  check(normal(random, 100, 20, 1000, 0.001), "far from zero");
  check(badly_scaled(random, 100, 20), "one wide dimension");
  check(with_outlier(normal(random, 100, 20)), "an outlier");
  check(duplicated(normal(random, 100, 20), 1), "equal rows");
  check(sparse(random, 100, 30, 1, 1), "one-hot");
  check(half_constant(normal(random, 100, 20)), "half constant");
  check(Table{std::vector<float>(20, 3.0f), 1, 20}, "one row");
}

TEST(bounds_hold_for_huge_and_tiny_rows) {
  Generator random(3);
  for (const float factor : {1e30f, 1e37f, 1e-20f, 1e-30f, 1e-38f, 1e-43f})
    check(scaled(normal(random, 60, 20), factor), "of another size");
  check(extremes(random, 80, 122), "dimensions from 1e-30 to 1e30");
}

TEST(whole_numbers_lose_nothing) {
  Generator random(4);
  for (const float shift : {128.0f, -500.0f, 0.0f}) {
    const Table table = whole(normal(random, 300, 40), 40, shift, shift - 128, shift + 127);
    check(table, "whole numbers");
    const Stored stored(table, Element::f32, CodeSpace::l2);
    CHECK(stored.bytes->bounds.error() < 1e-9);
    std::vector<float> scratch;
    ByteBoundQuery bound;
    bound.bind(stored.bytes->bounds, table.row(0), scratch);
    std::vector<double> rdists = stored.rdists(table.row(0));
    std::nth_element(rdists.begin(), rdists.begin() + 9, rdists.end());
    CHECK(passing(stored.scores(bound), bound.limit(rdists[9])) <= 12);
  }
}

TEST(few_other_rows_pass) {
  Generator random(6);
  const Table table = clustered(random, 2000, 64, 10);
  const Table queries = clustered(random, 20, 64, 10);
  for (const CodeSpace space : kSpaces)
    for (const Element element : {Element::f32, Element::f16}) {
      const Stored stored(table, element, space);
      std::size_t passed = 0;
      for (std::size_t i = 0; i < queries.rows; ++i) {
        std::vector<float> scratch;
        ByteBoundQuery bound;
        bound.bind(stored.bytes->bounds, queries.row(i), scratch);
        std::vector<double> rdists = stored.rdists(queries.row(i));
        std::nth_element(rdists.begin(), rdists.begin() + 9, rdists.end());
        passed += passing(stored.scores(bound), bound.limit(rdists[9]));
        CHECK(std::abs(bound.estimate(stored.scores(bound)[0]) - stored.rdists(queries.row(i))[0]) <
              0.05 * (1 + std::abs(stored.rdists(queries.row(i))[0])));
      }
      CASE(name_of(metric_of(space)), " of ", name_of(element));
      CHECK(passed <= 30 * queries.rows);
    }
}

TEST(files_are_equal_for_any_number_of_threads) {
  Generator random(7);
  const Table table = normal(random, 500, 30);
  for (const CodeSpace space : kSpaces) {
    const Stored one(table, Element::f32, space, 1);
    const Stored three(table, Element::f32, space, 3);
    CHECK(std::ranges::equal(one.file->bytes(), three.file->bytes()));
  }
}

TEST(a_file_without_bytes_has_none) {
  storage::Writer writer = storage::Writer::to_memory();
  writer.add_text(storage::SectionId::metadata, "{}");
  const auto file = writer.finish();
  CHECK(!read_byte_bounds(*file, CodeSpace::l2, 1, 1));
}

}  // namespace

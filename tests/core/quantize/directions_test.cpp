// Directions are what their bytes decode to and nearly orthonormal, and vectors are projected on them as a slow sum
// does.
#include "quantize/directions.h"

#include <cmath>
#include <tuple>

#include "check.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

transform::Sample sample_of(const Table& table) { return {table.values, table.rows, table.dims}; }

void bytes_are_the_matrix(const LearntDirections& learnt) {
  CHECK(learnt.outputs % 32 == 0 && learnt.outputs >= learnt.count && learnt.outputs < learnt.count + 32);
  CHECK(learnt.bytes.size() == learnt.dims * learnt.outputs && learnt.matrix.size() == learnt.bytes.size());
  CHECK_EQUAL(learnt.steps.size(), learnt.outputs);
  for (std::size_t o = 0; o < learnt.outputs; ++o) {
    int largest = 0;
    for (std::size_t j = 0; j < learnt.dims; ++j) {
      const std::size_t place = j * learnt.outputs + o;
      CHECK_EQUAL(learnt.matrix[place], learnt.steps[o] * static_cast<float>(learnt.bytes[place]));
      largest = std::max(largest, std::abs(int{learnt.bytes[place]}));
    }
    CHECK_EQUAL(largest, (o < learnt.count ? 127 : 0));  // the whole range is used; unused outputs are zero
  }
}

double product(const LearntDirections& learnt, std::size_t a, std::size_t b) {
  double sum = 0;
  for (std::size_t j = 0; j < learnt.dims; ++j)
    sum += double{learnt.matrix[j * learnt.outputs + a]} * double{learnt.matrix[j * learnt.outputs + b]};
  return sum;
}

void columns_are_nearly_orthonormal(const char* shape, const LearntDirections& learnt) {
  double worst = 0;
  for (std::size_t a = 0; a < learnt.count; ++a)
    for (std::size_t b = 0; b <= a; ++b) worst = std::max(worst, std::abs(product(learnt, a, b) - (a == b ? 1 : 0)));
  if (!(worst < 0.01)) FAIL(shape, ": ", learnt.count, " directions are off by ", worst);
}

// Sums in double, one number after another.
void projections_are_sums(const LearntDirections& learnt, const Table& table) {
  std::vector<float> vectors = table.values;
  std::vector<float> projections(table.rows * learnt.outputs), residual_squares(table.rows);
  learnt.project(vectors.data(), table.rows, projections.data(), residual_squares.data());
  for (std::size_t i = 0; i < table.rows; ++i) {
    double whole = 0, kept = 0;
    std::vector<float> moved(table.dims);
    for (std::size_t j = 0; j < table.dims; ++j) {
      moved[j] = table.row(i)[j] - learnt.centre[j];
      whole += double{moved[j]} * double{moved[j]};
      CHECK_EQUAL(vectors[i * table.dims + j], moved[j]);  // centred in place
    }
    for (std::size_t o = 0; o < learnt.outputs; ++o) {
      double sum = 0, magnitude = 0;
      for (std::size_t j = 0; j < table.dims; ++j) {
        const double term = double{moved[j]} * double{learnt.matrix[j * learnt.outputs + o]};
        sum += term;
        magnitude += std::abs(term);
      }
      kept += sum * sum;
      CHECK(std::abs(double{projections[i * learnt.outputs + o]} - sum) <= 1e-5 * magnitude);
    }
    CHECK(std::abs(double{residual_squares[i]} - std::max(0.0, whole - kept)) <= 1e-5 * whole);
    CHECK(residual_squares[i] >= 0);
  }
}

void centres_are_means(const LearntDirections& learnt, const Table& table) {
  for (std::size_t j = 0; j < table.dims; ++j) {
    double sum = 0, magnitude = 0;
    for (std::size_t i = 0; i < table.rows; ++i) {
      sum += double{table.row(i)[j]};
      magnitude += std::abs(double{table.row(i)[j]});
    }
    CHECK(std::abs(double{learnt.centre[j]} * static_cast<double>(table.rows) - sum) <= 1e-5 * magnitude);
  }
}

void check(const char* shape, const Table& table, std::size_t count) {
  const LearntDirections learnt = learn_directions(find_directions(sample_of(table), count, 1), count);
  CHECK(learnt.dims == table.dims && learnt.count == count);
  bytes_are_the_matrix(learnt);
  columns_are_nearly_orthonormal(shape, learnt);
  centres_are_means(learnt, table);
  projections_are_sums(learnt, table);
}

// With as many directions as the data has, the residual is nearly zero; with fewer, it is the other directions' part.
TEST(residuals_are_what_is_left) {
  Generator random(5);
  const Table table = low_rank(random, 400, 80, 6, 0);
  for (const auto& [count, least, most] : {std::tuple{6u, 0.0, 0.02}, std::tuple{3u, 0.1, 0.7}}) {
    const LearntDirections learnt = learn_directions(find_directions(sample_of(table), count, 1), count);
    std::vector<float> vectors = table.values, projections(table.rows * learnt.outputs), residual_squares(table.rows);
    learnt.project(vectors.data(), table.rows, projections.data(), residual_squares.data());
    double left = 0, whole = 0;
    for (const float square : residual_squares) left += double{square};
    for (const float value : vectors) whole += double{value} * double{value};
    CHECK(left >= least * whole && left <= most * whole);
  }
}

// As panels they give the products of the bytes, with 128 added to each.
TEST(panels_hold_the_same_bytes) {
  Generator random(6);
  for (const std::size_t dims : {4u, 7u, 33u, 130u})
    for (const std::size_t outputs : {32u, 96u}) {
      std::vector<std::int8_t> columns(dims * outputs);
      for (std::int8_t& byte : columns) byte = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
      const std::vector<std::uint8_t> panels = panels_of(columns.data(), dims, outputs);
      CHECK_EQUAL(panels.size(), outputs / 32 * kernels::panel_bytes(dims));
      const AlignedBytes aligned = aligned_bytes(panels.size());
      auto* const at = static_cast<std::uint8_t*>(static_cast<void*>(aligned.get()));
      std::copy(panels.begin(), panels.end(), at);
      const std::size_t stride = kernels::padded_dims(dims);
      std::vector<std::int8_t> points(3 * stride, 0);
      for (std::size_t q = 0; q < 3; ++q)
        for (std::size_t j = 0; j < dims; ++j)
          points[q * stride + j] = static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128);
      std::vector<std::int32_t> products(3 * outputs);
      kernels::table().screen.panel_dots(at, outputs / 32, points.data(), stride, 3, dims, products.data(), outputs);
      for (std::size_t q = 0; q < 3; ++q)
        for (std::size_t o = 0; o < outputs; ++o) {
          std::int32_t sum = 0;
          for (std::size_t j = 0; j < dims; ++j) sum += points[q * stride + j] * (columns[j * outputs + o] + 128);
          CHECK_EQUAL(products[q * outputs + o], sum);
        }
    }
}

TEST(threads_change_nothing) {
  Generator random(7);
  const transform::Sample sample = sample_of(correlated(random, 600, 150));
  const LearntDirections one = learn_directions(find_directions(sample, 64, 1), 64);
  for (const std::size_t threads : {2u, 3u}) {
    const LearntDirections more = learn_directions(find_directions(sample, 64, threads), 64);
    CHECK(one.bytes == more.bytes && one.steps == more.steps && one.centre == more.centre);
  }
}

TEST(codes_keep_the_product) {
  Generator random(1);
  check("normal", normal(random, 300, 40, 3), 32);
  check("all there are", normal(random, 200, 32), 32);
  check("one direction", correlated(random, 200, 21), 1);
  check("one dimension", normal(random, 100, 1), 1);
  check("as many as rows", normal(random, 20, 64), 20);
  check("clustered", clustered(random, 400, 100, 7), 64);
  check("badly scaled", badly_scaled(random, 300, 50), 40);
  check("one-hot", sparse(random, 400, 60, 1, 1), 48);
  check("constant", scaled(normal(random, 100, 24), 0), 16);
  check("many dimensions", correlated(random, 200, 700), 96);
}

}  // namespace

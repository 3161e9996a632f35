// Compares sketches with slow references in double: projections, codes, estimates, and the relation of scores to
// reduced distances.
#include "quantize/sketch.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "check.h"
#include "kernels/kernels.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;
using transform::CodeSpace;

namespace {

constexpr CodeSpace kSpaces[] = {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product};
int projected = 0;  // sketches seen that keep only some directions
int identities = 0;

Sketch learnt(const Table& table, CodeSpace space, std::size_t threads = 1) {
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    std::copy_n(table.row(begin), (end - begin) * table.dims, to);
  };
  Sketch sketch = learn_sketch(read, table.rows, table.dims, space, threads);
  ++(sketch.contraction.identity() ? identities : projected);
  return sketch;
}

// Returns a vector as it is compared, by the definition in transform/metric_transform.h.
std::vector<double> transformed(const Sketch& sketch, const float* vector, bool query = false) {
  std::vector<double> values(vector, vector + sketch.dims());
  const bool inner = sketch.space() == CodeSpace::inner_product;
  double factor = double{sketch.transform.scale()};
  if (sketch.space() != CodeSpace::l2) {
    const double own = std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
    const double length = inner && !query ? sketch.transform.longest() : own;
    factor = length > 0 ? 1 / length : 0;
  }
  for (double& value : values) value *= factor;
  if (!inner) return values;
  const double square = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  values.push_back(query ? 0 : std::sqrt(std::max(0.0, 1 - square)));
  return values;
}

// Queries of inner products are not centred.
std::vector<double> slow_image(const Sketch& sketch, const float* vector, bool query = false) {
  std::vector<double> values = transformed(sketch, vector, query);
  const transform::Contraction& contraction = sketch.contraction;
  if (!query || sketch.space() != CodeSpace::inner_product)
    for (std::size_t j = 0; j < values.size(); ++j) values[j] -= double{contraction.centre()[j]};
  if (contraction.identity()) return values;
  const std::size_t outputs = contraction.outputs();
  std::vector<double> kept(outputs);
  double left = 0;
  for (const double value : values) left += (1 + contraction.epsilon()) * value * value;
  for (std::size_t o = 0; o + 1 < outputs; ++o) {
    for (std::size_t j = 0; j < values.size(); ++j)
      kept[o] += values[j] * double{contraction.directions()[j * outputs + o]};
    left -= kept[o] * kept[o];
  }
  kept[outputs - 1] = std::sqrt(std::max(0.0, left));
  return kept;
}

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

struct Encoded {
  Encoded(const Sketch& sketch, const Table& table) : codes(table.rows * sketch.width()), offsets(table.rows) {
    sketch.encode(table.values.data(), table.rows, codes.data(), offsets.data());
  }
  std::vector<std::uint8_t> codes;
  std::vector<float> offsets;
};

void complain(bool holds, const std::string& what, std::size_t row, double expected, double found) {
  if (!holds) FAIL(what, ", row ", row, ": expected ", expected, ", found ", found);
}

void check_images(const std::string& what, const Sketch& sketch, const Table& table) {
  std::vector<float> computed(table.rows * sketch.width());
  sketch.project(table.values.data(), table.rows, computed.data());
  for (std::size_t i = 0; i < table.rows; ++i) {
    const std::vector<double> expected = slow_image(sketch, table.row(i));
    const double whole = largest_of(transformed(sketch, table.row(i)));
    // The norm of the remainder, a difference of squares, is less exact.
    for (std::size_t j = 0; j < sketch.width(); ++j) {
      const double room = (j + 1 < sketch.width() ? 1e-4 : 3e-3) * whole;
      const double found = double{computed[i * sketch.width() + j]};
      complain(std::abs(found - expected[j]) <= room, what + ": image", i, expected[j], found);
    }
  }
}

// Codes are within half a step, or at the end of the grid; and the offset is the square of the decoded value.
void check_codes(const std::string& what, const Sketch& sketch, const Table& table, const Encoded& encoded) {
  std::vector<float> computed(table.rows * sketch.width());
  sketch.project(table.values.data(), table.rows, computed.data());
  for (std::size_t i = 0; i < table.rows; ++i) {
    double square = 0;
    double terms = 0;  // sum of low and code without cancellation
    for (std::size_t j = 0; j < sketch.width(); ++j) {
      const double low = double{sketch.grid.low[j]};
      const double step = double{sketch.grid.step[j]};
      const std::uint8_t code = encoded.codes[i * sketch.width() + j];
      const double value = low + step * code;
      const double projection = double{computed[i * sketch.width() + j]};
      const bool clipped = (code == 0 && projection < low) || (code == 255 && projection > value);
      complain(clipped || std::abs(value - projection) <= 0.501 * step + 1e-6 * std::abs(projection), what + ": code",
               i, projection, value);
      square += value * value;
      terms += (std::abs(low) + step * code) * (std::abs(low) + step * code);
    }
    const double expected = sketch.space() == CodeSpace::inner_product ? 0 : square;
    complain(std::abs(double{encoded.offsets[i]} - expected) <= 1e-6 * terms, what + ": offset", i, expected,
             double{encoded.offsets[i]});
  }
}

double true_rank(const Sketch& sketch, const float* query, const float* row) {
  double rdist = 0;
  double norms[2] = {1, 1};
  if (sketch.space() == CodeSpace::cosine)
    for (int which = 0; which < 2; ++which) {
      double square = 0;
      for (std::size_t j = 0; j < sketch.dims(); ++j) {
        const double value = double{(which == 0 ? query : row)[j]};
        square += value * value;
      }
      norms[which] = std::sqrt(square);
    }
  for (std::size_t j = 0; j < sketch.dims(); ++j) {
    const double left = double{query[j]} / norms[0];
    const double right = double{row[j]} / norms[1];
    rdist += sketch.space() == CodeSpace::inner_product ? -left * right : (left - right) * (left - right);
  }
  return sketch.space() == CodeSpace::cosine ? rdist / 2 : rdist;
}

// The estimate by its definition, from the query before it is rounded to bytes; and how far rounding may move it
// (grid.h).
struct Slow {
  double estimate;
  double room;
};

Slow slow_estimate(const Sketch& sketch, const float* query, const std::uint8_t* code) {
  const bool inner = sketch.space() == CodeSpace::inner_product;
  std::vector<double> projection = slow_image(sketch, query, true);
  double sum = 0;
  if (!sketch.contraction.identity()) {
    double& rest = projection[sketch.contraction.outputs() - 1];
    sum = inner ? 0 : rest * rest;
    rest = 0;
  }
  const std::vector<float> rounded(projection.begin(), projection.end());
  double spread = 0;
  double size = std::abs(sum);
  for (std::size_t j = 0; j < sketch.width(); ++j) {
    const double value = double{sketch.grid.low[j]} + double{sketch.grid.step[j]} * code[j];
    const double from_middle = code[j] - double{sketch.grid.middle[j]};
    sum += inner ? -projection[j] * value : (projection[j] - value) * (projection[j] - value);
    size += (std::abs(projection[j]) + std::abs(value)) * (std::abs(projection[j]) + std::abs(value));
    spread += from_middle * from_middle;
  }
  const std::vector<double> whole = transformed(sketch, query, true);
  if (inner)
    for (std::size_t j = 0; j < whole.size(); ++j) sum -= whole[j] * double{sketch.contraction.centre()[j]};
  const double room = (inner ? 1 : 2) * GridQuery(sketch.grid, rounded.data()).residual * std::sqrt(spread);
  const double scale = double{sketch.transform.scale()};
  const double length = std::sqrt(std::inner_product(query, query + sketch.dims(), query, 0.0, std::plus<>(),
                                                     [](float a, float b) { return double{a} * double{b}; }));
  const double unit = inner                                 ? 1 / (length * sketch.transform.longest())
                      : sketch.space() == CodeSpace::cosine ? 2
                                                            : scale * scale;
  return {sum / unit, (room + 1e-5 * size) / unit};
}

float score_of(const Sketch& sketch, const SketchQuery& query, const Encoded& encoded, std::size_t row) {
  std::int32_t product = 0;
  for (std::size_t j = 0; j < sketch.width(); ++j)
    product += query.bytes()[j] * encoded.codes[row * sketch.width() + j];
  return encoded.offsets[row] + query.scale() * static_cast<float>(product);
}

// Returns the fraction of the ten true nearest rows among the first fifty by estimate.
double nearest_kept(const std::vector<double>& rdists, const std::vector<double>& estimates) {
  const auto order_by = [](const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return order;
  };
  const std::vector<std::size_t> truth = order_by(rdists);
  const std::vector<std::size_t> guess = order_by(estimates);
  const auto some = guess.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(50, guess.size()));
  const std::size_t wanted = std::min<std::size_t>(10, truth.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < wanted; ++i) kept += std::find(guess.begin(), some, truth[i]) != some ? 1u : 0u;
  return static_cast<double>(kept) / static_cast<double>(wanted);
}

void check_query(const std::string& what, Sketch sketch, const Table& table, const Encoded& encoded, const float* query,
                 double least_kept) {
  const SketchQuery bound = SketchQuery::bind(sketch, query, 1)[0];
  std::vector<double> rdists;
  std::vector<double> estimates;
  for (std::size_t i = 0; i < table.rows; ++i) {
    rdists.push_back(true_rank(sketch, query, table.row(i)));
    estimates.push_back(bound.estimate(score_of(sketch, bound, encoded, i)));
  }
  for (std::size_t i = 0; i < table.rows; ++i) {
    const Slow slow = slow_estimate(sketch, query, encoded.codes.data() + i * sketch.width());
    complain(std::abs(estimates[i] - slow.estimate) <= slow.room, what + ": estimate", i, slow.estimate, estimates[i]);
  }
  const double kept = nearest_kept(rdists, estimates);
  complain(kept >= least_kept, what + ": nearest among the first estimates", 0, least_kept, kept);

  // With exactly the bias bound that a row needs, its score is within its reduced distance, and little more.
  for (std::size_t i = 0; i < table.rows; i += 7) {
    const float score = score_of(sketch, bound, encoded, i);
    sketch.bias_bound = std::max(0.0, bound.bias_bound(sketch, score, query, table.row(i)));
    const SketchQuery again = SketchQuery::bind(sketch, query, 1)[0];
    const double room = 1e-5 * (std::abs(double{score}) + std::abs(again.score_within(rdists[i])));
    complain(again.score_within(rdists[i]) >= double{score} - room, what + ": mark within its rank", i, double{score},
             again.score_within(rdists[i]));
    complain(bound.score_within(bound.estimate(score)) >= double{score} - room, what + ": mark of its estimate", i,
             double{score}, bound.score_within(bound.estimate(score)));
  }
}

void check_shape(const std::string& name, const Table& table, double least_kept) {
  Generator random(2);
  for (const CodeSpace space : kSpaces) {
    const std::string what = name + (space == CodeSpace::l2       ? " (squared)"
                                     : space == CodeSpace::cosine ? " (unit)"
                                                                  : " (inner)");
    const Sketch sketch = learnt(table, space);
    CHECK(sketch.dims() == table.dims && sketch.bias_bound == 0 && sketch.spread >= 0);
    const Encoded encoded(sketch, table);
    check_images(what, sketch, table);
    check_codes(what, sketch, table, encoded);
    for (const std::size_t row : {std::size_t{0}, table.rows / 2}) {
      std::vector<float> query(table.row(row), table.row(row) + table.dims);
      check_query(what, sketch, table, encoded, query.data(), least_kept);
      for (float& value : query) value *= 1 + 0.1f * bell(random, 0, 1);
      check_query(what, sketch, table, encoded, query.data(), least_kept);
    }
  }
}

// A query is bound the same way, whichever queries are bound with it.
TEST(company_changes_nothing) {
  Generator random(3);
  for (const std::size_t dims : {5u, 70u, 200u})
    for (const CodeSpace space : kSpaces) {
      const Table table = low_rank(random, 400, dims, 4, 0.05);
      const Sketch sketch = learnt(table, space);
      for (const std::size_t count : {1u, 2u, 3u, 16u, 33u}) {
        const std::vector<SketchQuery> together = SketchQuery::bind(sketch, table.values.data(), count);
        CHECK_EQUAL(together.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
          const SketchQuery alone = SketchQuery::bind(sketch, table.row(i), 1)[0];
          CHECK(std::equal(alone.bytes(), alone.bytes() + kernels::padded_dims(sketch.width()), together[i].bytes()));
          CHECK(alone.scale() == together[i].scale() && alone.centroid_scale() == together[i].centroid_scale());
          CHECK_EQUAL(alone.estimate(1.5f), together[i].estimate(1.5f));
          CHECK_EQUAL(alone.score_within(0.25), together[i].score_within(0.25));
        }
      }
    }
}

TEST(threads_learn_the_same) {
  Generator random(4);
  for (const CodeSpace space : kSpaces) {
    const Table table = low_rank(random, 900, 150, 10, 0.1);
    const Sketch one = learnt(table, space, 1);
    CHECK(!one.contraction.identity());
    for (const std::size_t threads : {2u, 3u, 4u}) {
      const Sketch other = learnt(table, space, threads);
      CHECK_EQUAL(other.contraction.directions(), one.contraction.directions());
      CHECK_EQUAL(other.contraction.centre(), one.contraction.centre());
      CHECK(other.grid.low == one.grid.low && other.grid.step == one.grid.step && other.grid.middle == one.grid.middle);
      CHECK(other.spread == one.spread && other.transform.longest() == one.transform.longest() &&
            other.transform.scale() == one.transform.scale());
    }
  }
}

// Squares of these leave the range of floats, but scores do not.
TEST(vectors_of_any_size) {
  Generator random(5);
  for (const float factor : {1e37f, 1e20f, 1e-20f, 1e-37f})
    check_shape("scaled", scaled(normal(random, 200, 12), factor), 0.9);
  const Table zeros{std::vector<float>(50 * 6, 0.0f), 50, 6};
  const Sketch sketch = learnt(zeros, CodeSpace::l2);
  const Encoded encoded(sketch, zeros);
  const SketchQuery bound = SketchQuery::bind(sketch, zeros.row(0), 1)[0];
  CHECK(std::abs(bound.estimate(score_of(sketch, bound, encoded, 3))) < 1e-6);
}

TEST(one_row) {
  Generator random(6);
  for (const CodeSpace space : kSpaces)
    for (const std::size_t dims : {1u, 3u, 100u}) {
      const Table table = normal(random, 1, dims);
      const Sketch sketch = learnt(table, space);
      const Encoded encoded(sketch, table);
      const SketchQuery bound = SketchQuery::bind(sketch, table.row(0), 1)[0];
      const double rdist = true_rank(sketch, table.row(0), table.row(0));
      CHECK(std::abs(bound.estimate(score_of(sketch, bound, encoded, 0)) - rdist) <= 0.02 * std::abs(rdist) + 1e-3);
    }
}

TEST(sketches_of_every_shape_estimate_distances) {
  identities = projected = 0;
  Generator random(1);
  for (std::size_t dims = 1; dims <= 70; dims += dims < 20 ? 1 : 7)
    check_shape("normal in " + std::to_string(dims), normal(random, 300, dims), dims < 4 ? 0.8 : 0.95);
  check_shape("normal in 784", normal(random, 300, 784), 0.3);  // the least informative case for sketches
  check_shape("low rank in 784", low_rank(random, 300, 784, 12, 0.02), 0.95);
  check_shape("low rank in 70", low_rank(random, 300, 70, 6, 0.02), 0.95);
  check_shape("clustered", clustered(random, 600, 48, 12), 0.9);
  check_shape("half constant", half_constant(normal(random, 300, 30)), 0.95);
  check_shape("whole", whole(correlated(random, 300, 60), 30, 128, 0, 255), 0.9);
  check_shape("duplicated", duplicated(normal(random, 300, 20), 30), 0.7);
  CHECK(identities >= 30 && projected >= 3);
}

}  // namespace

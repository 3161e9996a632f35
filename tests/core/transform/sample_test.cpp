// Samples: spread over all rows, and without the few rows that are very far from the others.
#include "transform/sample.h"

#include <algorithm>

#include "base/spread_rows.h"
#include "check.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::transform;
using namespace nearabout::test;

namespace {

Sample sample_of(const Table& table) { return {table.values, table.rows, table.dims}; }

TEST(rows_are_spread) {
  Table table{std::vector<float>(2 * 1'000), 1'000, 2};
  for (std::size_t i = 0; i < 1'000; ++i) table.row(i)[1] = static_cast<float>(i);
  const RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    std::copy(table.row(begin), table.row(begin) + (end - begin) * 2, to);
  };
  const Sample some = take_sample(read, 1'000, 2, 30);
  CHECK(some.rows == 30 && some.dims == 2 && some.values.size() == 60);
  for (std::size_t i = 0; i < 30; ++i) CHECK_EQUAL(some.row(i)[1], static_cast<float>(spread_row(i, 30, 1'000)));
  CHECK(take_sample(read, 20, 2, 30).rows == 20 && take_sample(read, 0, 2, 30).rows == 0);
}

TEST(ordinary_rows_all_stay) {
  Generator random(1);
  for (const Table& table : {normal(random, 600, 20), clustered(random, 600, 20, 5), low_rank(random, 600, 50, 4, 0.1),
                             normal(random, 19, 3), duplicated(normal(random, 600, 20), 1), Table{{}, 0, 3}}) {
    const Sample kept = without_far_rows(sample_of(table));
    CHECK(kept.rows == table.rows && kept.values == table.values);
  }
}

TEST(far_rows_are_left_out) {
  Generator random(2);
  for (const float times : {100.0f, 1e6f, 1e15f})
    for (const std::size_t count : {1u, 7u, 30u}) {
      const Table usual = normal(random, 600, 20, 5);
      Table table = usual;
      std::vector<float> expected;
      for (std::size_t i = 0; i < 600; ++i) {
        if (i % (600 / count) == 3 && i / (600 / count) < count)
          for (std::size_t j = 0; j < 20; ++j) table.row(i)[j] *= times;
        else
          expected.insert(expected.end(), usual.row(i), usual.row(i) + 20);
      }
      const Sample kept = without_far_rows(sample_of(table));
      CHECK(kept.rows == 600 - count && kept.dims == 20 && kept.values == expected);
    }
}

// If a tenth of all rows are far, that is their distribution: only the farthest, one in 20, are dropped.
TEST(many_far_rows_are_no_mistake) {
  Generator random(3);
  Table table = normal(random, 600, 20);
  for (std::size_t i = 0; i < 600; i += 10)
    for (std::size_t j = 0; j < 20; ++j) table.row(i)[j] *= 1'000 + static_cast<float>(i);
  const Sample kept = without_far_rows(sample_of(table));
  CHECK(kept.rows >= 600 - 600 / 20 && kept.rows < 600);
  CHECK(std::equal(table.row(1), table.row(2), kept.row(1)));
}

}  // namespace

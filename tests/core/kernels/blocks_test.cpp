// The block kernels of every table: within the bound that k-d trees rely on, and boxes never farther than rows in them.
#include <algorithm>
#include <limits>

#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using nearabout::kernels::BlockDistances;
using nearabout::kernels::kBlockRows;
using nearabout::kernels::Table;

namespace {

std::vector<float> random_floats(std::mt19937& random, std::size_t count, float factor) {
  std::normal_distribution<float> bell;
  std::vector<float> values(count);
  for (float& value : values) value = bell(random) * factor;
  return values;
}

double term(double difference, bool squared) { return squared ? difference * difference : std::abs(difference); }

// Compares a kernel with `distance(r)`, in float64.
template <class Distance>
std::vector<float> check(const Table& table, const char* name, BlockDistances kernel, const std::vector<float>& query,
                         const std::vector<float>& block, const Distance& distance) {
  const std::size_t dims = query.size();
  std::vector<float> out(kBlockRows);
  kernel(query.data(), block.data(), dims, 0, out.data());
  const float limit = out[3];
  const unsigned within = kernel(query.data(), block.data(), dims, limit, out.data());
  for (std::size_t r = 0; r < kBlockRows; ++r) {
    const double expected = distance(r);
    const double most = static_cast<double>(dims + 3) * 0x1p-24 * expected + static_cast<double>(dims) * 0x1p-126;
    expect(std::abs(double{out[r]} - expected) <= most, table.name, name, dims, r, expected, double{out[r]});
    expect((within >> r & 1) == (out[r] <= limit ? 1u : 0u), table.name, name, dims, r, double{limit}, double{out[r]});
  }
  return out;
}

void test_bounds(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : {1u, 2u, 3u, 8u, 21u, 130u})
    for (const float factor : {1.0f, 1e-20f, 1e12f}) {
      const std::vector<float> query = random_floats(random, dims, factor);
      const std::vector<float> rows = random_floats(random, dims * kBlockRows, factor);
      std::vector<float> boxes(2 * dims * kBlockRows);
      for (std::size_t j = 0; j < dims; ++j)
        for (std::size_t r = 0; r < kBlockRows; ++r) {
          const float value = rows[j * kBlockRows + r];
          boxes[2 * j * kBlockRows + r] = value - (r % 2 == 0 ? 0.0f : factor);
          boxes[(2 * j + 1) * kBlockRows + r] = value + (r % 3 == 0 ? 0.0f : factor);
        }
      for (const bool squared : {true, false}) {
        const auto of_row = [&](std::size_t r) {
          double sum = 0;
          for (std::size_t j = 0; j < dims; ++j)
            sum += term(double{rows[j * kBlockRows + r]} - double{query[j]}, squared);
          return sum;
        };
        const auto of_box = [&](std::size_t r) {
          double sum = 0;
          for (std::size_t j = 0; j < dims; ++j) {
            const double low{boxes[2 * j * kBlockRows + r]}, high{boxes[(2 * j + 1) * kBlockRows + r]};
            sum += term(std::max({low - double{query[j]}, double{query[j]} - high, 0.0}), squared);
          }
          return sum;
        };
        const kernels::BlockKernels& blocks = table.blocks;
        const auto to_rows =
            check(table, "block rows", squared ? blocks.squared : blocks.absolute, query, rows, of_row);
        const auto to_boxes =
            check(table, "block boxes", squared ? blocks.squared_boxes : blocks.absolute_boxes, query, boxes, of_box);
        for (std::size_t r = 0; r < kBlockRows; ++r)
          expect(to_boxes[r] <= to_rows[r], table.name, "box of a row", dims, r, double{to_rows[r]},
                 double{to_boxes[r]});
      }
    }
}

void test_least(const Table& table, std::mt19937& random) {
  for (int i = 0; i < 100; ++i) {
    std::vector<float> values = random_floats(random, kBlockRows, 1);
    if (i % 3 == 0) values[random() % kBlockRows] = std::numeric_limits<float>::infinity();
    if (i % 2 == 0) values[5] = values[11] = *std::min_element(values.begin(), values.end());
    const float least = *std::min_element(values.begin(), values.end());
    const unsigned mask = table.blocks.least(values.data());
    for (std::size_t r = 0; r < kBlockRows; ++r)
      expect((mask >> r & 1) == (values[r] == least ? 1u : 0u), table.name, "least", kBlockRows, r, double{least},
             double{values[r]});
  }
}

TEST(bounds) { each_table(1, test_bounds); }

TEST(least) { each_table(1, test_least); }

}  // namespace

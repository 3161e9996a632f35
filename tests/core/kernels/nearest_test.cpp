// The nearest column of every table: as near as the nearest by double arithmetic, within the bound of kernels.h, the
// first one where several are equal, and the same for a vector whichever others are compared with it.
#include <limits>

#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using nearabout::kernels::Table;

namespace {

struct Case {
  std::size_t dims, count, columns;
  std::vector<float> vectors, matrix, offsets;
};

Case random_case(std::mt19937& random, std::size_t dims, std::size_t columns) {
  std::normal_distribution<float> bell(0.3f, 1.0f);
  Case one{dims, 1 + random() % 21, columns, {}, {}, {}};
  for (std::size_t i = 0; i < one.count * dims; ++i) one.vectors.push_back(bell(random));
  for (std::size_t i = 0; i < columns * dims; ++i) one.matrix.push_back(bell(random));
  for (std::size_t c = 0; c < columns; ++c) one.offsets.push_back(bell(random));
  return one;
}

struct Found {
  std::vector<std::uint32_t> nearest;
  std::vector<float> sums;
};

Found find(const Table& table, const Case& one, std::size_t first, std::size_t count) {
  Found found{std::vector<std::uint32_t>(count), std::vector<float>(count)};
  table.nearest(one.vectors.data() + first * one.dims, one.dims, count,
                {one.matrix.data(), one.offsets.data(), one.dims, one.columns}, found.nearest.data(),
                found.sums.data());
  return found;
}

// Returns the sum of a vector and a column, and that of the magnitudes.
std::pair<double, double> sum_of(const Case& one, std::size_t i, std::size_t c) {
  double sum = double{one.offsets[c]};
  double magnitude = std::abs(sum);
  for (std::size_t j = 0; j < one.dims; ++j) {
    const double term = double{one.vectors[i * one.dims + j]} * double{one.matrix[j * one.columns + c]};
    sum += term;
    magnitude += std::abs(term);
  }
  return {sum, magnitude};
}

void check(const Table& table, const Case& one) {
  const Found found = find(table, one, 0, one.count);
  const double units = static_cast<double>(one.dims + 1) * 0x1p-24;
  for (std::size_t i = 0; i < one.count; ++i) {
    const auto [sum, magnitude] = sum_of(one, i, found.nearest[i]);
    expect(std::abs(double{found.sums[i]} - sum) <= units * magnitude, table.name, "nearest sum", one.dims, i, sum,
           double{found.sums[i]});
    for (std::size_t c = 0; c < one.columns; ++c) {
      const auto [other, other_magnitude] = sum_of(one, i, c);
      expect(other <= sum + units * (magnitude + other_magnitude), table.name, "nearest", one.dims, i, sum, other);
    }
    const Found alone = find(table, one, i, 1);
    expect(alone.nearest[0] == found.nearest[i] && alone.sums[0] == found.sums[i], table.name, "nearest alone",
           one.dims, i, double{found.sums[i]}, double{alone.sums[0]});
  }
}

}  // namespace

TEST(nearest_columns_are_those_of_slow_sums) {
  std::mt19937 random(7);
  for (const Table* table : kernels::available_tables())
    for (const std::size_t dims : {1u, 2u, 7u, 8u, 16u, 33u, 128u})
      for (const std::size_t columns : {16u, 32u, 256u}) check(*table, random_case(random, dims, columns));
}

TEST(first_of_equal_columns_wins_and_excluded_ones_are_not_found) {
  std::mt19937 random(8);
  for (const Table* table : kernels::available_tables()) {
    Case one = random_case(random, 5, 48);
    for (std::size_t j = 0; j < one.dims; ++j)
      for (std::size_t c = 0; c < one.columns; ++c) one.matrix[j * one.columns + c] = 1;
    std::fill(one.offsets.begin(), one.offsets.end(), 2.0f);
    for (const std::uint32_t found : find(*table, one, 0, one.count).nearest)
      expect(found == 0, table->name, "first of equals", 5, 0, 0.0, static_cast<double>(found));
    std::fill_n(one.offsets.begin(), 19, -std::numeric_limits<float>::infinity());
    for (const std::uint32_t found : find(*table, one, 0, one.count).nearest)
      expect(found == 19, table->name, "first of those left", 5, 0, 19.0, static_cast<double>(found));
  }
}

// The small dense product of every table: within the bound that contraction.cpp relies on, and the same for a vector
// whichever others are computed with it.
#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using nearabout::kernels::Table;

namespace {

std::vector<float> random_floats(std::mt19937& random, std::size_t count, float factor) {
  std::normal_distribution<float> bell(0.3f, 1.0f);
  std::vector<float> values(count);
  for (float& value : values) value = bell(random) * factor;
  return values;
}

std::vector<float> project(const Table& table, const std::vector<float>& vectors, std::size_t dims,
                           const std::vector<float>& matrix, std::size_t outputs) {
  const std::size_t count = vectors.size() / dims;
  const float sentinel = -12345;
  std::vector<float> out(count * outputs + 1, sentinel);
  table.project(vectors.data(), count, dims, matrix.data(), outputs, out.data());
  expect(out.back() == sentinel, table.name, "project past its end", dims, count, double{sentinel}, double{out.back()});
  out.pop_back();
  return out;
}

void check_bound(const Table& table, const std::vector<float>& vectors, std::size_t dims,
                 const std::vector<float>& matrix, std::size_t outputs) {
  const std::vector<float> out = project(table, vectors, dims, matrix, outputs);
  const double units = 66 + static_cast<double>(dims) / 64;
  for (std::size_t i = 0; i < vectors.size() / dims; ++i)
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = 0;
      double magnitude = 0;
      for (std::size_t j = 0; j < dims; ++j) {
        const double term = double{vectors[i * dims + j]} * double{matrix[j * outputs + o]};
        sum += term;
        magnitude += std::abs(term);
      }
      const double got = double{out[i * outputs + o]};
      expect(std::abs(got - sum) <= units * 0x1p-24 * magnitude, table.name, "project", dims, i, sum, got);
    }
}

void test_bound(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes())
    for (const std::size_t outputs : {std::size_t{16}, 16 * (1 + random() % 5)}) {
      const std::vector<float> matrix = random_floats(random, dims * outputs, 0.1f);
      check_bound(table, random_floats(random, (1 + random() % 19) * dims, 1), dims, matrix, outputs);
    }
  // Sums that cancel: the error is relative to the magnitudes, not to the sum.
  const std::size_t dims = 500;
  std::vector<float> vectors = random_floats(random, 9 * dims, 1e6f);
  std::vector<float> matrix = random_floats(random, dims * 16, 1);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 1; j < dims; j += 2) vectors[i * dims + j] = -vectors[i * dims + j - 1];
  for (std::size_t j = 1; j < dims; j += 2)
    for (std::size_t o = 0; o < 16; ++o) matrix[j * 16 + o] = matrix[(j - 1) * 16 + o];
  check_bound(table, vectors, dims, matrix, 16);
}

// A row's projection at build and a query's at search must not depend on how many were projected at once.
void test_company(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : {1u, 64u, 65u, 384u}) {
    const std::size_t outputs = 48;
    const std::vector<float> matrix = random_floats(random, dims * outputs, 0.1f);
    const std::vector<float> vectors = random_floats(random, 21 * dims, 1);
    const std::vector<float> together = project(table, vectors, dims, matrix, outputs);
    for (std::size_t i = 0; i < 21; ++i) {
      const auto begin = vectors.begin() + static_cast<std::ptrdiff_t>(i * dims);
      const std::vector<float> alone =
          project(table, std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(dims)), dims, matrix, outputs);
      for (std::size_t o = 0; o < outputs; ++o) {
        const double expected = double{together[i * outputs + o]};
        expect(double{alone[o]} == expected, table.name, "project alone", dims, i, expected, double{alone[o]});
      }
    }
  }
}

TEST(bound) { each_table(1, test_bound); }

TEST(company) { each_table(1, test_company); }

}  // namespace

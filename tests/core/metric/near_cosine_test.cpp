// Cosine distances near zero: compared with the definition in long double, and exactly 0 for parallel vectors only.
#include "metric/near_cosine.h"

#include <cmath>
#include <random>
#include <vector>

#include "check.h"

using namespace nearabout;
using namespace nearabout::metric;

namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t dims, double scale) {
  std::vector<float> vector(dims);
  for (float& value : vector) value = static_cast<float>(std::normal_distribution<double>(0, scale)(random));
  return vector;
}

double distance(const std::vector<float>& one, const std::vector<float>& other) {
  return near_cosine_distance(one.data(), other.data(), one.size());
}

// Returns sin^2 by Lagrange's identity, which avoids a difference of large numbers, and 1 - cos from it.
long double reference(const std::vector<float>& one, const std::vector<float>& other) {
  long double crossed = 0, square = 0, other_square = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    square += static_cast<long double>(one[i]) * one[i];
    other_square += static_cast<long double>(other[i]) * other[i];
    for (std::size_t j = 0; j < i; ++j) {
      const long double part =
          static_cast<long double>(one[i]) * other[j] - static_cast<long double>(one[j]) * other[i];
      crossed += part * part;
    }
  }
  const long double sine_square = crossed / (square * other_square);
  return sine_square / (1 + std::sqrt(1 - sine_square));
}

TEST(equal_and_parallel_vectors_are_at_zero) {
  std::mt19937 random(1);
  for (const std::size_t dims : {1u, 2u, 3u, 16u, 50u, 333u})
    for (const double scale : {1e-43, 1e-38, 1e-20, 1.0, 1e20, 1e37}) {
      std::vector<float> one = random_vector(random, dims, scale);
      one[0] = static_cast<float>(scale);  // not zero
      CHECK_EQUAL(distance(one, one), 0);
      std::vector<float> twice = one;
      for (float& value : twice) value *= 2;
      CHECK_EQUAL(distance(one, twice), 0);
      CHECK_EQUAL(distance(twice, one), 0);
    }
  CHECK_EQUAL(distance({1, 2, 3}, {3, 6, 9}), 0);
  CHECK_EQUAL(distance({3, 6, 9}, {1, 2, 3}), 0);
  CHECK_EQUAL(distance({3}, {7}), 0);
}

TEST(other_pairs_are_not_near) {
  CHECK(distance({1, 0}, {1, 1e-10f}) > 0);
  CHECK(distance({1, 0}, {1, 1e-17f}) > 0);
  CHECK(distance({1, 1}, {1, std::nextafter(1.0f, 2.0f)}) > 0);
  CHECK(distance({1, 1e-30f}, {1, 2e-30f}) > 0);
}

TEST(small_distances_are_right) {
  std::mt19937 random(2);
  for (const double apart : {1e-3, 1e-5, 1e-6})
    for (const std::size_t dims : {2u, 17u, 100u}) {
      const std::vector<float> one = random_vector(random, dims, 1);
      std::vector<float> other = random_vector(random, dims, apart);
      for (std::size_t j = 0; j < dims; ++j) other[j] += one[j];
      const long double wanted = reference(one, other);
      CHECK(std::abs(distance(one, other) - wanted) <= 1e-8L * wanted);
      const std::vector<double> wide(one.begin(), one.end());
      CHECK_EQUAL(near_cosine_distance(wide.data(), other.data(), dims), distance(one, other));
    }
}

// Lengths and products as large as kMaxDims bytes allow still fit.
TEST(whole_numbers_are_exact) {
  CHECK_EQUAL(near_cosine_distance(14, 126, 42), 0);
  CHECK_EQUAL(near_cosine_distance(4'261'413'375u, 4'261'413'375u, 4'261'413'375u), 0);
  const double distance = near_cosine_distance(1'000'000, 1'000'001, 1'000'000);  // (1000, 0) and (1000, 1)
  CHECK(std::abs(distance - 5e-7) < 1e-12);
}

}  // namespace

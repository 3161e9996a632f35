// Rotations are orthogonal, and the nearest rotation is the one that made the data.
#include "transform/rotation.h"

#include <cmath>
#include <random>

#include "check.h"
#include "transform/dense.h"
#include "transform/mixing.h"

using namespace nearabout::transform;

namespace {

std::vector<float> bell_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell;
  std::vector<float> numbers(count);
  for (float& number : numbers) number = bell(random);
  return numbers;
}

// Returns a random rotation.
std::vector<float> random_rotation(std::size_t dims, unsigned seed) {
  std::vector<float> unit(dims * dims, 0.0f);
  for (std::size_t j = 0; j < dims; ++j) unit[j * dims + j] = 1;
  return nearest_rotation(bell_numbers(dims * dims, seed), unit, dims, 1);
}

double largest_off(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(double{a[i]} - double{b[i]}));
  return most;
}

}  // namespace

TEST(rotation_undoes_itself_and_keeps_lengths) {
  for (const std::size_t dims : {1u, 5u, 16u, 33u}) {
    const Rotation rotation(random_rotation(dims, 1), dims);
    const std::vector<float> vectors = bell_numbers(7 * dims, 2);
    std::vector<float> turned(vectors.size());
    std::vector<float> back(vectors.size());
    rotation.apply(vectors.data(), 7, turned.data());
    rotation.undo(turned.data(), 7, back.data());
    CHECK(largest_off(vectors, back) < 1e-4);
  }
}

TEST(nearest_rotation_is_the_one_that_made_the_data) {
  for (const std::size_t dims : {3u, 16u, 40u}) {
    const std::size_t rows = 500;
    const Rotation made(random_rotation(dims, 3), dims);
    const std::vector<float> vectors = bell_numbers(rows * dims, 4);
    std::vector<float> goals(vectors.size());
    made.apply(vectors.data(), rows, goals.data());
    std::vector<float> products(dims * dims, 0.0f);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t a = 0; a < dims; ++a)
        for (std::size_t b = 0; b < dims; ++b) products[a * dims + b] += vectors[i * dims + a] * goals[i * dims + b];
    std::vector<float> unit(dims * dims, 0.0f);
    for (std::size_t j = 0; j < dims; ++j) unit[j * dims + j] = 1;
    CHECK(largest_off(nearest_rotation(products, unit, dims, 1), made.matrix()) < 5e-3);
  }
}

TEST(mixing_undoes_itself_keeps_lengths_and_spreads) {
  for (const std::size_t dims : {1u, 2u, 3u, 16u, 37u, 384u}) {
    const Mixing mixing(dims, 5);
    std::vector<float> vector(dims, 0.0f);
    vector[dims / 2] = 1;
    std::vector<float> mixed = vector;
    mixing.apply(mixed.data());
    double square = 0;
    float most = 0;
    for (const float number : mixed) square += double{number} * double{number};
    for (const float number : mixed) most = std::max(most, std::abs(number));
    CHECK(std::abs(square - 1) < 1e-4);
    if (dims >= 37) CHECK(double{most} < 6 / std::sqrt(static_cast<double>(dims)));
    mixing.undo(mixed.data());
    CHECK(largest_off(vector, mixed) < 1e-4);
  }
}

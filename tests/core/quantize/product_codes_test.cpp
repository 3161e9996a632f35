// Product codes: the nearest codeword of each part by slow comparison, tables against decoded vectors, and codebooks
// that lose about as little as the best of several plain runs.
#include "quantize/product_codes.h"

#include <cmath>
#include <random>

#include "check.h"
#include "quantize/product_learn.h"

using namespace nearabout::quantize;

namespace {

std::vector<float> bell_vectors(std::size_t count, std::size_t dims, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell;
  std::vector<float> vectors(count * dims);
  for (std::size_t i = 0; i < vectors.size(); ++i) vectors[i] = bell(random) * (1 + static_cast<float>(i % dims) / 4);
  return vectors;
}

double square_between(const float* a, const float* b, std::size_t count) {
  double sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += (double{a[j]} - double{b[j]}) * (double{a[j]} - double{b[j]});
  return sum;
}

ProductCodes codes_for(const std::vector<float>& vectors, const ProductShape& shape, std::size_t threads = 1) {
  ProductLearning learning;
  learning.threads = threads;
  return ProductCodes(learn_product_codebooks(vectors.data(), vectors.size() / shape.dims, shape, learning));
}

void check_nearest(const ProductShape& shape) {
  const std::vector<float> vectors = bell_vectors(700, shape.dims, 1);
  const ProductCodes codes = codes_for(vectors, shape);
  std::vector<std::uint8_t> all(700 * shape.code_bytes());
  codes.encode(vectors.data(), 700, all.data());
  for (std::size_t i = 0; i < 700; ++i) {
    const std::uint8_t* const code = all.data() + i * shape.code_bytes();
    for (std::size_t p = 0; p < shape.parts; ++p) {
      const float* const part = vectors.data() + i * shape.dims + shape.first(p);
      const double own = square_between(part, codes.codebooks().word(p, codes.code_at(code, p)), shape.width(p));
      for (std::size_t c = 0; c < shape.words(); ++c)
        CHECK(own <= square_between(part, codes.codebooks().word(p, c), shape.width(p)) + 1e-4);
    }
  }
}

}  // namespace

TEST(shapes_divide_any_number_of_dims) {
  for (const std::size_t dims : {1u, 7u, 19u, 100u})
    for (std::size_t parts = 1; parts <= dims; ++parts) {
      const ProductShape shape{dims, parts, 8};
      CHECK_EQUAL(shape.first(parts), dims);
      for (std::size_t p = 0; p < parts; ++p)
        CHECK(shape.width(p) >= dims / parts && shape.width(p) <= (dims + parts - 1) / parts);
    }
}

TEST(codes_are_of_the_nearest_codewords) {
  check_nearest({19, 4, 8});
  check_nearest({19, 5, 4});
  check_nearest({3, 3, 4});
}

TEST(tables_agree_with_decoded_vectors) {
  for (const std::size_t bits : {4u, 8u}) {
    const ProductShape shape{19, 5, bits};
    const std::vector<float> vectors = bell_vectors(600, 19, 2);
    const ProductCodes codes = codes_for(vectors, shape);
    std::vector<float> dots(shape.parts * shape.words());
    std::vector<float> squares(shape.parts * shape.words());
    std::vector<std::uint8_t> code(shape.code_bytes());
    std::vector<float> near(19);
    const float* const query = vectors.data() + 19 * 5;
    codes.dots(query, dots.data());
    codes.squared_distances(query, squares.data());
    for (std::size_t i = 0; i < 50; ++i) {
      codes.encode(vectors.data() + i * 19, code.data());
      codes.decode(code.data(), near.data());
      double dot = 0;
      for (std::size_t j = 0; j < 19; ++j) dot += double{query[j]} * double{near[j]};
      CHECK(std::abs(double{codes.look_up(dots.data(), code.data())} - dot) < 1e-2);
      const double square = square_between(query, near.data(), 19);
      CHECK(std::abs(double{codes.look_up(squares.data(), code.data())} - square) < 1e-2);
    }
  }
}

TEST(codebooks_are_the_same_for_any_number_of_threads) {
  const std::vector<float> vectors = bell_vectors(900, 10, 3);
  const std::vector<float> one = codes_for(vectors, {10, 3, 8}, 1).codebooks().centroids;
  for (const std::size_t threads : {2u, 7u})
    CHECK(codes_for(vectors, {10, 3, 8}, threads).codebooks().centroids == one);
}

TEST(few_vectors_are_their_own_codewords) {
  const std::vector<float> vectors = bell_vectors(9, 6, 4);
  const ProductCodes codes = codes_for(vectors, {6, 2, 4});
  std::vector<std::uint8_t> code(1);
  std::vector<float> near(6);
  for (std::size_t i = 0; i < 9; ++i) {
    codes.encode(vectors.data() + i * 6, code.data());
    codes.decode(code.data(), near.data());
    CHECK(square_between(near.data(), vectors.data() + i * 6, 6) < 1e-6);
  }
}

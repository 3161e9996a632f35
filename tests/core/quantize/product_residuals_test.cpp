// Product codes of residuals: as long as the residuals are, scanned by the kernels as they are read one at a time, and
// numbers whatever is coded.
#include "quantize/product_residuals.h"

#include <cmath>
#include <optional>
#include <utility>

#include "check.h"
#include "quantize/product_learn.h"
#include "quantize/scanned_codes.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

// Even and ragged numbers of dimensions and parts; whole lines of codes, which have 8 parts of 4 bits or 4 of 8.
constexpr ProductShape kShapes[] = {{8, 8, 4}, {32, 16, 4}, {20, 16, 4}, {100, 24, 4}, {192, 192, 4},
                                    {4, 4, 8}, {32, 8, 8},  {36, 20, 8}, {100, 12, 8}, {192, 16, 8}};

ProductCodebooks random_codebooks(Generator& random, const ProductShape& shape) {
  return {shape, normal(random, shape.words(), shape.dims).values};
}

// Returns the rotation that turns pairs of coordinates by an angle, and the last one not if they are odd.
transform::Rotation turn_of_pairs(std::size_t dims) {
  std::vector<float> matrix(dims * dims, 0.0f);
  for (std::size_t j = 0; j < dims; ++j) matrix[j * dims + j] = j + 1 < dims || dims % 2 == 0 ? 0.6f : 1.0f;
  for (std::size_t j = 0; j + 1 < dims; j += 2) {
    matrix[j * dims + j + 1] = 0.8f;
    matrix[(j + 1) * dims + j] = -0.8f;
  }
  return {std::move(matrix), dims};
}

double squared_distance(const float* one, const float* other, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j)
    sum += (double{one[j]} - double{other[j]}) * (double{one[j]} - double{other[j]});
  return sum;
}

TEST(kernels_estimate_the_same_at_every_shape) {
  for (const ProductShape& shape : kShapes)
    for (const bool rotated : {false, true})
      for (const std::size_t rows : {1u, 17u, 50u}) {
        Generator random(static_cast<unsigned>(shape.dims + rows));
        std::optional<transform::Rotation> rotation;
        if (rotated) rotation = turn_of_pairs(shape.dims);
        const ProductResiduals codes(random_codebooks(random, shape), std::move(rotation));
        const Table centroid = normal(random, 1, shape.dims);
        const Encoded encoded = encode(codes, of_many_lengths(random, rows, shape.dims), centroid.row(0));
        expect_scans_estimate_the_same(encoded, normal(random, 1, shape.dims, 0.2, 2).row(0));
      }
}

// What a code says of a row is as long as its residual, and the offset makes the estimate that of the row's distance.
TEST(what_codes_say_is_as_long_as_the_residual) {
  for (const ProductShape& shape : kShapes) {
    Generator random(7);
    const ProductResiduals codes(random_codebooks(random, shape), turn_of_pairs(shape.dims));
    const Table row = normal(random, 1, shape.dims), centroid = normal(random, 1, shape.dims);
    std::vector<std::uint8_t> packed(codes.shape().bytes());
    const RowTerms terms = codes.encode(row.row(0), centroid.row(0), 0.25f, packed.data());
    std::vector<float> said(shape.dims);
    codes.approximate(packed.data(), terms, said.data());
    double said_square = 0, along = 0;
    for (std::size_t j = 0; j < shape.dims; ++j) {
      said_square += double{said[j]} * double{said[j]} / 4;
      along += double{said[j]} * double{centroid.row(0)[j]};
    }
    const double square = squared_distance(row.row(0), centroid.row(0), shape.dims);
    CHECK(std::abs(said_square - square) <= 1e-4 * square);
    CHECK(std::abs(double{terms.offset} - (square + 0.25 + along)) <= 1e-4 * (square + std::abs(along)));
  }
}

// Returns the mean squared error of residuals as codes say they are, of those squares themselves.
double lost(const ResidualCodes& codes, const Table& rows) {
  const std::vector<float> zero(rows.dims, 0.0f);
  const Encoded encoded = encode(codes, rows, zero.data());
  std::vector<float> said(rows.dims);
  double loss = 0, squares = 0;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    codes.approximate(encoded.row(i), encoded.terms[i], said.data());
    for (float& value : said) value /= 2;  // the scale is of 2 <q, y>
    loss += squared_distance(said.data(), rows.row(i), rows.dims);
    squares += squared_distance(zero.data(), rows.row(i), rows.dims);
  }
  return loss / squares;
}

TEST(codes_learnt_of_a_mixture_are_nearer_than_codes_of_nothing) {
  constexpr ProductShape kShape{24, 8, 4};
  Generator random(11);
  Table rows = clustered(random, 600, kShape.dims, 16);
  Table directions = rows;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    double square = 0;
    for (std::size_t j = 0; j < rows.dims; ++j) square += double{rows.row(i)[j]} * double{rows.row(i)[j]};
    for (std::size_t j = 0; j < rows.dims; ++j) directions.row(i)[j] /= static_cast<float>(std::sqrt(square));
  }
  const ProductResiduals learnt(learn_product_codebooks(directions.row(0), rows.rows, kShape, {}));
  const ProductResiduals nothing(ProductCodebooks{kShape, std::vector<float>(kShape.words() * kShape.dims, 0.0f)});
  const double loss = lost(learnt, rows);
  CHECK(loss < 0.25);
  CHECK(loss < lost(ProductResiduals(random_codebooks(random, kShape)), rows) / 2);
  CHECK(std::abs(lost(nothing, rows) - 1) < 1e-6);
}

void expect_numbers(const ResidualCodes& codes, const float* row, const float* centroid) {
  const CodeShape& shape = codes.shape();
  std::vector<std::uint8_t> packed(shape.bytes());
  const RowTerms terms = codes.encode(row, centroid, 0, packed.data());
  CHECK(std::isfinite(terms.offset) && std::isfinite(terms.scale) && terms.scale >= 0);
  std::vector<float> said(shape.directions);
  codes.approximate(packed.data(), terms, said.data());
  for (const float value : said) CHECK(!std::isnan(value));
  const AlignedBytes memory = aligned_bytes(shape.query_bytes());
  auto* const tables = static_cast<std::int8_t*>(static_cast<void*>(memory.get()));
  CHECK(std::isfinite(codes.bind(row, tables).unit));
  CHECK(largest_entry(shape, tables) <= most_of_entries(shape.form()));
}

TEST(nothing_is_not_a_number) {
  for (const ProductShape& shape : kShapes) {
    Generator random(5);
    const ProductResiduals codes(random_codebooks(random, shape), turn_of_pairs(shape.dims));
    const std::vector<float> zero(shape.dims, 0.0f), one(shape.dims, 1.0f);
    std::vector<std::uint8_t> packed(codes.shape().bytes());
    const RowTerms on_it = codes.encode(one.data(), one.data(), 0.5f, packed.data());
    CHECK(on_it.offset == 0.5f && on_it.scale == 0);
    expect_numbers(codes, zero.data(), zero.data());
    for (const float size : {1e-30f, 1e-25f, 1e-12f, 1e8f, 1e15f})
      expect_numbers(codes, std::vector<float>(shape.dims, size).data(), zero.data());
  }
}

// Codebooks from a file may say anything that is finite.
TEST(huge_codewords_fill_tables_with_numbers) {
  for (const ProductShape& shape : kShapes)
    for (const float size : {1e-38f, 1e20f, 1e38f, -3e38f}) {
      std::vector<float> words(shape.words() * shape.dims, size);
      words[0] = -size;
      const ProductResiduals codes(ProductCodebooks{shape, words}, turn_of_pairs(shape.dims));
      for (const float query : {0.0f, 1.0f, -1e30f, 1e38f}) {
        const AlignedBytes memory = aligned_bytes(codes.shape().query_bytes());
        auto* const tables = static_cast<std::int8_t*>(static_cast<void*>(memory.get()));
        CHECK(std::isfinite(codes.bind(std::vector<float>(shape.dims, query).data(), tables).unit));
        CHECK(largest_entry(codes.shape(), tables) <= most_of_entries(codes.shape().form()));
      }
    }
}

}  // namespace

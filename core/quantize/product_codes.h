// Product codes: a vector is divided into parts, and each part is replaced by the nearest of a few codewords (H. Jegou,
// M. Douze and C. Schmid, "Product quantization for nearest neighbor search", TPAMI 2011).
//
// Part p of `parts` covers the dimensions from p * dims / parts to (p + 1) * dims / parts, rounded down: any number of
// dimensions can be divided, and the widths of parts differ by at most one. A part's code is a byte, or half a byte
// with 4 bits: part p is then in the low half of byte p / 2 if p is even.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::quantize {

constexpr bool are_product_bits(std::size_t bits) { return bits == 4 || bits == 8; }

struct ProductShape {
  std::size_t dims = 0;
  std::size_t parts = 0;  // 1 to dims
  std::size_t bits = 8;   // 4 or 8

  std::size_t words() const { return std::size_t{1} << bits; }  // codewords of a part
  std::size_t first(std::size_t part) const { return part * dims / parts; }
  std::size_t width(std::size_t part) const { return first(part + 1) - first(part); }
  std::size_t code_bytes() const { return (parts * bits + 7) / 8; }
  friend bool operator==(const ProductShape&, const ProductShape&) = default;
};

struct ProductCodebooks {
  ProductShape shape;
  // Codeword after codeword of a part, part after part: words() * dims floats in all.
  std::vector<float> centroids;

  const float* part(std::size_t part) const { return centroids.data() + shape.words() * shape.first(part); }
  float* part(std::size_t part) { return centroids.data() + shape.words() * shape.first(part); }
  const float* word(std::size_t part, std::size_t code) const { return this->part(part) + code * shape.width(part); }
};

// Encodes with codebooks: they are stored a second time, by columns, with half the squares of their norms.
class ProductCodes {
 public:
  explicit ProductCodes(ProductCodebooks codebooks);

  const ProductShape& shape() const { return codebooks_.shape; }
  const ProductCodebooks& codebooks() const { return codebooks_; }

  // Encodes vectors that lie one after another: shape().code_bytes() each, parts that no half byte uses being zero.
  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const;
  void encode(const float* vector, std::uint8_t* code) const { encode(vector, 1, code); }
  // Writes the codewords of a code, shape().dims floats.
  void decode(const std::uint8_t* code, float* vector) const;
  // Writes the inner products of a query's parts with all codewords, parts x words floats: those of a vector with the
  // query are the sum of what its code looks up.
  void dots(const float* query, float* tables) const;
  // Writes the squared distances of a query's parts from all codewords, parts x words floats.
  void squared_distances(const float* query, float* tables) const;
  // Returns the sum of what a code looks up in tables of a query.
  float look_up(const float* tables, const std::uint8_t* code) const;

  std::size_t code_at(const std::uint8_t* code, std::size_t part) const {
    return codebooks_.shape.bits == 8 ? code[part] : code[part / 2] >> (part % 2 * 4) & 15u;
  }

 private:
  ProductCodebooks codebooks_;
  std::vector<float>
      columns_;  // words by columns: part p has width(p) x words() floats, as kernels::ColumnSet has them
  std::vector<float> offsets_;  // parts x words: half the squares of the norms, negated
};

}  // namespace nearabout::quantize

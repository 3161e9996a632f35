// Codes of the difference between a row and the centroid of its list, whatever they are made of, and the form of the
// estimate that a scan computes from them:
//
//   estimate = |q - c|^2 + e(q)^2 + offset - scale * <q, y>
//
// where y is what the code says of the row x, c is the centroid, all along some directions (directions.h), and e(q) is
// the norm of the part of the query outside of these. <q, y> is a sum of entries of the query's tables, or of products
// with its bytes. Everything that depends on the centroid is in `offset`, so one table serves a query in all lists that
// have the same codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transform/rotation.h"

namespace nearabout::quantize {

constexpr bool are_code_bits(std::size_t bits) { return bits == 1 || bits == 2 || bits == 4 || bits == 8; }

// How a scan comes from codes to <q, y> (kernels.h).
enum class CodeForm {
  tables,      // codes of four bits look up tables of 16 entries
  products,    // bytes are multiplied with the query's bytes
  long_tables  // bytes look up tables of 256 entries
};

struct CodeShape {
  std::size_t directions = 0;  // number of encoded directions
  std::size_t bits = 0;        // of each direction or part: 1, 2, 4 or 8
  std::size_t parts = 0;       // of product codes, which have one code for each part; 0: one for each direction

  CodeForm form() const {
    if (bits != 8) return CodeForm::tables;
    return parts > 0 ? CodeForm::long_tables : CodeForm::products;
  }
  bool has_bytes() const { return form() == CodeForm::products; }
  std::size_t code_bits() const { return (parts > 0 ? parts : directions) * bits; }  // a multiple of 32
  std::size_t codes() const { return code_bits() / 4; }                              // codes of four bits
  std::size_t lines() const { return codes() / 8; }                                  // lines per block (kernels.h)
  std::size_t bytes() const { return codes() / 2; }                                  // bytes per row
  std::size_t query_bytes() const;  // bytes of a query's tables, or of the query itself
  friend bool operator==(const CodeShape&, const CodeShape&) = default;
};

struct RowTerms {
  float offset = 0;
  float scale = 0;
};

// What the scan of codes needs of a query, besides its tables or bytes.
struct QueryCodes {
  float unit = 0;               // the value of an entry, or of a byte, of 1
  std::int32_t correction = 0;  // as in kernels::CodeScan
};

class ResidualCodes {
 public:
  explicit ResidualCodes(const CodeShape& shape) : shape_(shape) {}
  virtual ~ResidualCodes() = default;

  const CodeShape& shape() const { return shape_; }

  // Encodes a row as bytes, or as codes of four bits, two to a byte: code i is in the low half of byte i / 2 if i is
  // even. `projection` and `centroid` have shape().directions floats; `residual_square` is the squared length of the
  // part of the row outside of the directions.
  virtual RowTerms encode(const float* projection, const float* centroid, float residual_square,
                          std::uint8_t* packed) const = 0;
  // Decodes a row: writes the vector that a query is multiplied with, scale * y, shape().directions floats.
  virtual void approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const = 0;
  // Fills the tables of a query (kernels.h), or writes its bytes: shape().query_bytes() of them.
  virtual QueryCodes bind(const float* projection, std::int8_t* tables) const = 0;
  // Returns what these codes were learnt to be, as files store it: codewords or steps; empty if they need nothing but
  // their shape.
  virtual std::span<const float> learnt() const { return {}; }
  // Returns the rotation before coding; null: there is none.
  virtual const transform::Rotation* rotation() const { return nullptr; }

 protected:
  ResidualCodes(const ResidualCodes&) = default;
  ResidualCodes& operator=(const ResidualCodes&) = default;

  CodeShape shape_;
};

// Stores the codes of a row at its place in a block.
void put_codes(const std::uint8_t* packed, const CodeShape& shape, std::size_t place, std::uint8_t* block);

}  // namespace nearabout::quantize

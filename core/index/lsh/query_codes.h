// The codes of queries, and how sure their bits are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/matrix.h"
#include "index/lsh/layout.h"

namespace nearabout::lsh {

class QueryCodes {
 public:
  explicit QueryCodes(const LshLayout& layout) : layout_(layout) {}

  // Encodes queries [begin, end); the first has number 0.
  void bind(MatrixView queries, std::size_t begin, std::size_t end);

  const std::uint64_t* code(std::size_t query) const { return codes_.data() + query * layout_.words(); }
  // Returns bits [first, first + count), at most 32, of a code: the key of a table.
  std::uint32_t key(std::size_t query, std::size_t first, std::size_t count) const;
  // Returns how far the query is from the plane of a bit; 1 for all bits of vectors of bits.
  float margin(std::size_t query, std::size_t bit) const;

 private:
  const LshLayout& layout_;
  std::vector<std::uint64_t> codes_;
  std::vector<float> projections_;
};

// Returns bits [first, first + count), at most 32, of a code.
std::uint32_t key_of(const std::uint64_t* code, std::size_t first, std::size_t count);

}  // namespace nearabout::lsh

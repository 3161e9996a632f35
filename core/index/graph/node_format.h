// The record of a node in the file, which has all that a walk reads of it.
//
//   head    NodeHead
//   steps   CodeSteps, where there are codes
//   bytes   the node along the directions, a signed byte each
//   edges   numbers of nodes, u32
//   codes   the nodes that the edges lead to, relative to this one as its bytes have it, in blocks of 16 (kernels.h)
//
// With 8 bits there are no codes: a walk reads the bytes of the nodes that the edges lead to, where these are.
// Otherwise edges and codes begin at whole cache lines.
//
// SymphonyQG (Gou et al., SIGMOD 2025) has codes of neighbours beside the edges, too: of one bit for each dimension,
// and next to the whole vector of the node. Here codes and bytes are of the leading directions alone, a fraction of
// that.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "quantize/leading_codes.h"

namespace nearabout::graph {

struct NodeHead {
  float square;       // squared length of its bytes' values
  float rest;         // squared length of what is outside of the directions
  std::uint32_t row;  // its row; of a node with copies, a place in the section of copies: their number, then the rows
  std::uint16_t degree;      // number of edges
  std::uint16_t has_copies;  // 1 if several rows are equal, otherwise 0
};

// The terms of the codes of a node: offset = low + offset_step * u16, scale = scale_step * u16.
struct CodeSteps {
  float offset_low, offset_step, scale_step;
  float unused;  // 0
};

class NodeFormat {
 public:
  NodeFormat() = default;
  NodeFormat(const quantize::CodeShape& shape, std::size_t degree) {
    bytes_ = sizeof(NodeHead);
    edges_ = bytes_ + shape.directions;
    size_ = edges_ + degree * sizeof(std::uint32_t);
    if (shape.has_bytes()) return;
    bytes_ += sizeof(CodeSteps);
    edges_ = whole_lines(bytes_ + shape.directions);
    codes_ = edges_ + whole_lines(degree * sizeof(std::uint32_t));
    block_ = kernels::block_bytes(shape.lines());
    size_ = codes_ + degree / kernels::kBlockRows * block_;
  }

  static constexpr std::size_t kSteps = sizeof(NodeHead);
  std::size_t bytes() const { return bytes_; }
  std::size_t edges() const { return edges_; }
  bool has_codes() const { return block_ > 0; }
  std::size_t codes() const { return codes_; }
  std::size_t block() const { return block_; }  // bytes of a block of codes
  std::size_t size() const { return size_; }

 private:
  static std::size_t whole_lines(std::size_t bytes) {
    return (bytes + kernels::kLineBytes - 1) / kernels::kLineBytes * kernels::kLineBytes;
  }

  std::size_t bytes_ = 0, edges_ = 0, codes_ = 0, block_ = 0, size_ = 0;
};

}  // namespace nearabout::graph

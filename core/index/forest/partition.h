// The top of a tree over very many rows: planes found on a sample, which route all rows to parts that fit into memory.
//
// The planes depend on the rows and the seed alone, never on the amount of memory, so that a memory budget does not
// change the index. A table that is small enough is one part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/build_subtree.h"
#include "index/forest/split.h"
#include "index/forest/store.h"

namespace nearabout::forest {

class Partitioner {
 public:
  // Finds the planes for the rows of `store`; `seed` is the tree's.
  Partitioner(const SketchStore& store, const quantize::Grid& grid, std::uint64_t seed, const Monitor& monitor);

  std::size_t parts() const { return parts_; }
  // Returns the part of a row with this code and number.
  std::size_t part_of(const std::uint8_t* code, std::uint32_t number) const;
  // Returns the branches of the whole tree, given those of each part in order.
  std::vector<Branch> assemble(const std::vector<std::vector<Branch>>& parts) const;

 private:
  static constexpr std::size_t kInner = static_cast<std::size_t>(-1);
  // In preorder: the left child follows directly, the right one is at `right`. If no plane separates the rows, their
  // numbers decide.
  struct Node {
    Plane plane;
    bool by_number = false;
    std::size_t right = 0;
    std::size_t part = kInner;
  };

  void grow(Splitter& splitter, std::uint32_t* rows, std::size_t count, std::size_t most, Random& random);
  void assemble(std::size_t& node, const std::vector<std::vector<Branch>>& parts, std::vector<Branch>& branches) const;

  std::size_t width_;
  std::size_t parts_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace nearabout::forest

// One node of an open file, verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "index/graph/layout.h"
#include "storage/items.h"

namespace nearabout::graph {

class Node {
 public:
  Node(const GraphLayout& layout, std::size_t number)
      : layout_(&layout),
        number_(number),
        data_(layout.nodes->checked(number * layout.format.size(), (number + 1) * layout.format.size())) {
    std::memcpy(&head_, data_, sizeof(head_));
    if (head_.degree > layout.degree) layout.throw_node(number, "edges", head_.degree);
  }

  const NodeHead& head() const { return head_; }
  CodeSteps code_steps() const {
    CodeSteps steps;
    std::memcpy(&steps, data_ + NodeFormat::kSteps, sizeof(steps));
    return steps;
  }
  const std::int8_t* bytes() const { return storage::items_of<std::int8_t>(data_ + layout_->format.bytes()); }
  std::span<const std::uint32_t> edges() const {
    return {storage::items_of<std::uint32_t>(data_ + layout_->format.edges()), head_.degree};
  }
  const std::uint8_t* codes() const { return storage::bytes_of(data_ + layout_->format.codes()); }
  // Returns its rows, ascending. Throws CorruptFileError if the section of copies ends before them.
  std::span<const std::uint32_t> rows() const {
    if (head_.has_copies == 0) return {&head_.row, 1};
    if (!layout_->copies) layout_->throw_node(number_, "a row of its own", head_.row);
    const std::uint32_t count = layout_->copies->items<std::uint32_t>(head_.row, 1)[0];
    return layout_->copies->items<std::uint32_t>(std::uint64_t{head_.row} + 1, count);
  }

  // Returns the section of nodes, of which these are verified.
  static const std::byte* table(const GraphLayout& layout, std::span<const std::uint32_t> numbers) {
    const std::uint64_t size = layout.format.size();
    for (const std::uint64_t number : numbers) layout.nodes->checked(number * size, (number + 1) * size);
    return layout.nodes->matrix().data;
  }
  // Fetches what a walk reads of a node that it goes to.
  static void fetch(const GraphLayout& layout, std::size_t number) {
    const std::size_t begin = number * layout.format.size();
    const std::size_t known = layout.format.has_codes() ? 0 : layout.format.edges();  // by fetch_bytes
    layout.nodes->fetch(begin + known, begin + layout.format.size());
  }
  // Fetches its head and its bytes.
  static void fetch_bytes(const GraphLayout& layout, std::size_t number) {
    const std::size_t begin = number * layout.format.size();
    layout.nodes->fetch(begin, begin + layout.format.edges());
  }

 private:
  const GraphLayout* layout_;
  std::size_t number_;
  const std::byte* data_;
  NodeHead head_;
};

}  // namespace nearabout::graph

// A view of searchable nodes, in memory or in a mapped file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "annoy/layout.h"
#include "base/error.h"

namespace nearabout::annoy {

struct Trees {
  const Layout* layout = nullptr;
  const std::byte* nodes = nullptr;
  std::uint32_t node_count = 0;
  std::uint32_t item_count = 0;
  std::vector<std::uint32_t> roots;
  std::string name;  // name of the file, for messages

  const std::byte* node(std::size_t number) const { return nodes + number * layout->node_bytes; }
  const std::byte* vector(std::size_t number) const { return node(number) + layout->vector; }
  const float* floats(std::size_t number) const { return floats_at(node(number), layout->vector); }
  bool is_item(std::size_t number) const { return descendants(node(number)) == 1; }

  [[noreturn]] void corrupt(std::size_t number, const std::string& what) const {
    throw CorruptFileError(name + ": node " + std::to_string(number) + " of " + std::to_string(node_count) + " " +
                           what + "; the file is damaged, or it was not made with metric '" +
                           std::string(name_of(layout->space)) + "' and f=" + std::to_string(layout->dims));
  }
};

}  // namespace nearabout::annoy

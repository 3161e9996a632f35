#include "annoy/layout.h"

#include <array>
#include <string>

#include "base/error.h"

namespace nearabout::annoy {
namespace {

constexpr std::array<std::string_view, 5> kSpaceNames = {"angular", "euclidean", "manhattan", "hamming", "dot"};

bool has_offset(Space space) { return space == Space::euclidean || space == Space::manhattan; }

}  // namespace

std::optional<Space> space_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kSpaceNames.size(); ++i)
    if (kSpaceNames[i] == name) return static_cast<Space>(i);
  return std::nullopt;
}

std::string_view name_of(Space space) { return kSpaceNames[static_cast<std::size_t>(space)]; }

Layout::Layout(Space wanted, std::size_t count)
    : space(wanted),
      dims(count),
      children(has_offset(wanted) ? 8 : 4),
      vector(wanted == Space::angular ? 12 : 16),
      vector_bytes(wanted == Space::hamming ? (count + 63) / 64 * 8 : count * 4),
      node_bytes(vector + vector_bytes),
      list_room((node_bytes - children) / 4) {
  if (count == 0 || count > kMaxNodes)
    throw InvalidInputError("f is " + std::to_string(count) + "; a vector has 1 to 2147483647 dimensions");
}

}  // namespace nearabout::annoy

#include "index/request.h"

#include "index/excluded_rows.h"

namespace nearabout::index {

std::span<const std::uint32_t> excluded_of(const Request& request, std::size_t query) {
  return request.excluded ? request.excluded->of(query) : std::span<const std::uint32_t>{};
}

std::size_t most_excluded(const Request& request) { return request.excluded ? request.excluded->most() : 0; }

}  // namespace nearabout::index

#include <numeric>
#include <string>

#include "base/error.h"
#include "index/searcher.h"

namespace nearabout::index {

std::vector<std::uint32_t> Searcher::batch_order() const {
  std::vector<std::uint32_t> order = stored_order();
  if (order.empty()) {
    order.resize(rows());
    std::iota(order.begin(), order.end(), 0u);
    return order;
  }
  std::vector<bool> seen(rows(), false);
  for (const std::uint32_t row : order) {
    if (row >= rows() || seen[row])
      throw CorruptFileError(name_ + " is corrupt: row " + std::to_string(row) +
                             " does not exist or is stored twice. Copy or build it again.");
    seen[row] = true;
  }
  if (order.size() != rows())
    throw CorruptFileError(name_ + " is corrupt: it stores " + std::to_string(order.size()) + " of " +
                           std::to_string(rows()) + " rows. Copy or build it again.");
  return order;
}

}  // namespace nearabout::index

#include "quantize/grouping.h"

#include <numeric>

namespace nearabout::quantize {

Grouping::Grouping(const std::vector<std::uint32_t>& ids, std::size_t clusters)
    : order_(ids.size()), firsts_(clusters + 1, 0) {
  for (const std::uint32_t id : ids) ++firsts_[id + 1];
  std::partial_sum(firsts_.begin(), firsts_.end(), firsts_.begin());
  std::vector<std::size_t> next(firsts_.begin(), firsts_.end() - 1);
  for (std::size_t i = 0; i < ids.size(); ++i) order_[next[ids[i]]++] = static_cast<std::uint32_t>(i);
}

}  // namespace nearabout::quantize

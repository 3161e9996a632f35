#include "index/neighbors/near_lists.h"

#include <algorithm>

namespace nearabout::neighbors {

void NearLists::offer(std::size_t row, std::span<const Scored> found) {
  const std::scoped_lock lock(lock_of(row));
  if (counts_[row] == 0 && found.size() <= kept_) {
    Scored* const list = lists_.data() + row * kept_;
    std::copy(found.begin(), found.end(), list);
    std::sort(list, list + found.size());
    counts_[row] = static_cast<std::uint32_t>(std::unique(list, list + found.size()) - list);
    return;
  }
  for (const Scored candidate : found) insert(row, candidate);
}

void NearLists::insert(std::size_t row, Scored candidate) {
  Scored* const list = lists_.data() + row * kept_;
  std::size_t count = counts_[row];
  if (count == kept_ && candidate >= list[count - 1]) return;
  Scored* const place = std::lower_bound(list, list + count, candidate);
  if (place < list + count && *place == candidate) return;  // offered before
  if (count < kept_) counts_[row] = static_cast<std::uint32_t>(++count);
  std::copy_backward(place, list + count - 1, list + count);
  *place = candidate;
}

}  // namespace nearabout::neighbors

#include "index/graph/candidates.h"

#include <algorithm>

namespace nearabout::graph {

void Candidates::offer(std::size_t node, std::span<const Scored> found) {
  const std::scoped_lock lock(locks_[node % locks_.size()]);
  for (const Scored candidate : found) insert(node, candidate);
}

void Candidates::insert(std::size_t node, Scored candidate) {
  Scored* const kept = kept_.data() + node * kPerNode;
  std::size_t count = counts_[node];
  if (count == kPerNode && candidate > kept[count - 1]) return;
  const auto same = std::find_if(kept, kept + count, [&](Scored other) { return other.row() == candidate.row(); });
  auto place = static_cast<std::size_t>(same - kept);
  if (place < count && kept[place] <= candidate) return;
  if (place == count && count < kPerNode) counts_[node] = static_cast<std::uint8_t>(++count);
  place = std::min(place, kPerNode - 1);  // the last one makes room
  for (; place > 0 && candidate < kept[place - 1]; --place) kept[place] = kept[place - 1];
  kept[place] = candidate;
}

}  // namespace nearabout::graph

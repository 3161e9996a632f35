#include "index/graph/leaf.h"

#include <algorithm>
#include <limits>

#include "kernels/kernels.h"

namespace nearabout::graph {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kOfferedInLeaf = 24;                 // offered to each node
constexpr std::size_t kRoomForHits = kernels::kBlockRows;  // beyond the count, as kernels.h has it
constexpr float kLimitRounding = 1e-6f;                    // relative, of a limit less a square

}  // namespace

void Leaf::compare(std::span<const std::uint32_t> nodes, Candidates& candidates) {
  if (nodes.size() < 2) return;
  local_.around_mean(nodes);
  const std::size_t dims = local_.stride();
  panels_.pack(local_.bytes().data(), local_.count(), dims);
  const std::size_t width = panels_.count() * kPanelRows;
  dots_.resize(kPanelQueries * width);
  estimates_.resize(nodes.size() + kRoomForHits);
  numbers_.resize(nodes.size() + kRoomForHits);
  squares_.resize(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) squares_[i] = local_.square(i);
  for (std::size_t first = 0; first < nodes.size(); first += kPanelQueries) {
    const std::size_t count = std::min(kPanelQueries, nodes.size() - first);
    kernels::table().screen.panel_dots(panels_.panel(0), panels_.count(), local_.bytes().data() + first * dims, dims,
                                       count, dims, dots_.data(), width);
    for (std::size_t q = 0; q < count; ++q) offer_nearest(nodes, first + q, dots_.data() + q * width, candidates);
  }
}

// What is beyond the limit would not be kept, so it is not offered. How far the limit has come depends on which leaves
// other threads have compared: exactly the nearest are offered, so that the same ones are kept in the end.
void Leaf::offer_nearest(std::span<const std::uint32_t> nodes, std::size_t i, std::int32_t* dots,
                         Candidates& candidates) {
  const std::int32_t moved = 128 * local_.byte_sum(i);
  for (std::size_t j = 0; j < nodes.size(); ++j) dots[j] -= moved;
  const float limit = candidates.limit(nodes[i]);
  const float threshold = limit - squares_[i] + kLimitRounding * (limit + squares_[i]);
  std::size_t kept = kernels::table().screen.hits(dots, nodes.size(),
                                                  {squares_.data(), nullptr, -2 * local_.square_step(), 0, threshold},
                                                  numbers_.data(), estimates_.data());
  float least = 0;
  if (kept > kOfferedInLeaf + 1)  // and the node itself
    kept = kernels::table().codes.keep_least(estimates_.data(), numbers_.data(), kept, kOfferedInLeaf + 1, &least);
  found_.clear();
  for (std::size_t n = 0; n < kept; ++n)
    if (numbers_[n] != i) found_.emplace_back(std::max(0.0f, estimates_[n] + squares_[i]), nodes[numbers_[n]]);
  std::sort(found_.begin(), found_.end());
  found_.resize(std::min(found_.size(), kOfferedInLeaf));
  candidates.offer(nodes[i], found_);
}

}  // namespace nearabout::graph

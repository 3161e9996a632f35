#include "index/graph/prune.h"

#include <algorithm>

#include "kernels/kernels.h"

namespace nearabout::graph {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kConsidered = 96;  // nearest nodes that are considered

}  // namespace

std::span<const std::uint32_t> Pruning::choose(std::uint32_t node, std::vector<std::uint32_t> others, bool fill) {
  chosen_.clear();
  if (others.empty()) return chosen_;
  sort(node, others);
  compare(others);
  kept_.clear();
  for (std::size_t i = 0; i < others.size() && kept_.size() < degree_; ++i)
    if (!is_reached(i, kept_)) kept_.push_back(i);
  const std::size_t apart = kept_.size();
  for (std::size_t i = 0; fill && i < others.size() && kept_.size() < degree_; ++i)
    if (!std::binary_search(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(apart), i)) kept_.push_back(i);
  std::sort(kept_.begin(), kept_.end());
  for (const std::size_t i : kept_) chosen_.push_back(others[i]);
  return chosen_;
}

// Sorts the others by distance, and drops all but the nearest; leaves the points of these in `local_`.
void Pruning::sort(std::uint32_t node, std::vector<std::uint32_t>& others) {
  local_.around(node, others);
  order_.clear();
  for (std::uint32_t i = 0; i < others.size(); ++i) order_.emplace_back(local_.square(i), i);
  std::sort(order_.begin(), order_.end());
  order_.resize(std::min(order_.size(), kConsidered));
  places_.clear();
  for (const Scored& other : order_) places_.push_back(other.row());
  local_.reorder(places_);
  sorted_.clear();
  for (const std::uint32_t place : places_) sorted_.push_back(others[place]);
  others.swap(sorted_);
}

void Pruning::compare(std::span<const std::uint32_t> others) {
  const std::size_t dims = local_.stride();
  panels_.pack(local_.bytes().data(), others.size(), dims);
  width_ = panels_.count() * kPanelRows;
  dots_.resize(others.size() * width_);
  for (std::size_t first = 0; first < others.size(); first += kPanelQueries)
    kernels::table().screen.panel_dots(panels_.panel(0), panels_.count(), local_.bytes().data() + first * dims, dims,
                                       std::min(kPanelQueries, others.size() - first), dims,
                                       dots_.data() + first * width_, width_);
}

bool Pruning::is_reached(std::size_t i, std::span<const std::size_t> kept) const {
  const std::int32_t* const dots = dots_.data() + i * width_;
  const std::int32_t moved = 128 * local_.byte_sum(i);
  const float factor = 2 * local_.square_step();
  const float own = local_.square(i);
  return std::any_of(kept.begin(), kept.end(), [&](std::size_t w) {
    // Both squares contain what is outside of the directions of the node as well.
    const float apart =
        own + local_.square(w) - 2 * local_.shared_rest() - factor * static_cast<float>(dots[w] - moved);
    return alpha_ * apart <= own;
  });
}

}  // namespace nearabout::graph

// The index of an open file: what it is made of, and what needs no search.
#include <algorithm>
#include <cmath>

#include "index/calibration/searched_profile.h"
#include "index/kdtree/costs.h"
#include "index/kdtree/kdtree.h"
#include "index/kdtree/recall_profile.h"
#include "index/stored_rows.h"

namespace nearabout::kdtree {

KdTreeIndex::KdTreeIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
      layout_(read_kdtree_layout(file, descriptor)),
      scan_(descriptor, *layout_.vectors, nullptr) {
  for (const storage::Section* section : {layout_.vectors, layout_.rows, layout_.points, layout_.boxes})
    if (section) section->advise(storage::system::Access::anywhere);
}

index::EffortRange KdTreeIndex::effort() const {
  return {"leaves", 1, std::max<std::size_t>(layout_.shape.leaves(), 1), true};
}

std::size_t KdTreeIndex::least_effort(std::size_t k) const {
  const std::size_t leaf_size = std::max<std::size_t>(layout_.shape.leaf_size(), 1);
  return std::clamp<std::size_t>((k + leaf_size - 1) / leaf_size, 1, effort().max);
}

// The largest effort is that of exact searches; one less stands for all leaves that epsilon does not rule out.
std::optional<std::size_t> KdTreeIndex::bounded_effort() const {
  if (layout_.epsilon == 0 || effort().max == 1) return {};
  return effort().max - 1;
}

double KdTreeIndex::visits(std::size_t k) const {
  constexpr double kUnknownVisits = 10;
  if (!layout_.visits) return kUnknownVisits * static_cast<double>(least_effort(k));
  const calibration::KInterpolation place = calibration::between_measured(k);
  const double below = std::max((*layout_.visits)[place.below], 1.0);
  const double above = std::max((*layout_.visits)[place.below + 1], below);
  return std::min(below * std::pow(above / below, place.part), static_cast<double>(effort().max));
}

double KdTreeIndex::query_cost(std::size_t k, std::size_t effort) const {
  return ordered_descent_cost(layout_, k, std::min(static_cast<double>(effort), visits(k)));
}

// An approximate search has to take less than half of the time of an exact one to be worth what it misses.
double KdTreeIndex::exact_cost(std::size_t k, std::size_t) const {
  constexpr double kClearlyLess = 0.5;
  return kClearlyLess / index::kWorthwhile * descent_cost(layout_, k, visits(k));
}

std::unique_ptr<calibration::RecallProfile> KdTreeIndex::profile(const calibration::CalibrationQueries& queries,
                                                                 const index::BuildOptions& build,
                                                                 const Monitor& monitor) const {
  // What epsilon leaves out depends on what was found before.
  if (layout_.epsilon > 0) return Searcher::profile(queries, build, monitor);
  return std::make_unique<KdTreeRecallProfile>(*this, queries, build, monitor);
}

std::unique_ptr<const index::KindFilter> KdTreeIndex::derive_filter(const index::RowFilter& filter) const {
  return std::make_unique<const AllowedLeaves>(layout_, filter);
}

void KdTreeIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  index::copy_row(*layout_.vectors, row, row_bytes(descriptor().element, dims()), to);
}

std::vector<std::uint32_t> KdTreeIndex::stored_order() const {
  if (!layout_.rows) return {};
  const std::span<const std::uint32_t> rows = layout_.rows->all<std::uint32_t>();
  return {rows.begin(), rows.end()};
}

}  // namespace nearabout::kdtree

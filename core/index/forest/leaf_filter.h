// A filter in the order of the trees' leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/calibration/guard.h"
#include "index/forest/layout.h"
#include "index/search_filter.h"

namespace nearabout::forest {

class LeafFilter : public index::KindFilter {
 public:
  LeafFilter(const ForestLayout& layout, const index::RowFilter& rows);

  // Returns true if the row at this place of the trees' order is allowed.
  bool allows(std::uint64_t place) const { return (bits_[place / 64] >> place % 64 & 1) != 0; }
  // Returns how many rows of leaves before this one are allowed.
  std::uint64_t allowed_before(std::uint64_t leaf) const { return before_[leaf]; }
  std::uint64_t allowed() const { return before_.back(); }  // in all trees together
  std::uint64_t allowed_in(std::uint64_t leaf) const { return before_[leaf + 1] - before_[leaf]; }
  // Returns the residuals of leaves as far as their allowed rows go.
  std::span<const calibration::GroupResiduals> residuals() const { return residuals_; }

 private:
  std::uint64_t count_between(std::uint64_t begin, std::uint64_t end) const;

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> before_;
  std::vector<calibration::GroupResiduals> residuals_;
};

}  // namespace nearabout::forest

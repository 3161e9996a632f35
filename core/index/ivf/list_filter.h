// A filter in the order in which lists are scanned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/calibration/guard.h"
#include "index/ivf/layout.h"
#include "index/search_filter.h"

namespace nearabout::ivf {

class ListFilter : public index::KindFilter {
 public:
  ListFilter(const IvfLayout& layout, const index::RowFilter& rows);

  // Returns the bits of the blocks from `block` on: bit r says whether row r is allowed.
  const std::uint16_t* blocks(std::size_t block) const { return bits_.data() + block; }
  std::size_t allowed_in(std::size_t list) const { return allowed_[list]; }
  std::size_t lists() const { return allowed_.size() - empty_.size(); }  // with allowed rows
  std::span<const std::uint32_t> empty_lists() const { return empty_; }  // without
  // Returns the squares of the centroids, infinite for lists without allowed rows: their scores are too.
  std::span<const float> squares() const { return squares_; }
  // Returns the residuals of lists as far as their allowed rows go.
  std::span<const calibration::GroupResiduals> residuals() const { return residuals_; }

 private:
  void fill_list(const IvfLayout& layout, const index::RowFilter& rows, std::size_t list);

  std::vector<std::uint16_t> bits_;
  std::vector<std::uint32_t> allowed_;
  std::vector<std::uint32_t> empty_;
  std::vector<float> squares_;
  std::vector<calibration::GroupResiduals> residuals_;
};

}  // namespace nearabout::ivf

// The codes of each list: the same for all lists, or those of a cell, which some neighbouring lists share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "quantize/leading_codes.h"
#include "quantize/residual_codes.h"

namespace nearabout::ivf {

class ListCodes {
 public:
  using Codes = std::shared_ptr<const quantize::ResidualCodes>;

  ListCodes() : ListCodes(std::make_shared<const quantize::PcaCodes>(quantize::CodeShape{32, 1})) {}
  explicit ListCodes(Codes codes) : cells_{std::move(codes)} {}
  // `cells` are at least one, of the same shape; `cell_of_list` has a number of a cell for each list.
  ListCodes(std::vector<Codes> cells, std::vector<std::uint32_t> cell_of_list)
      : cells_(std::move(cells)), cell_of_list_(std::move(cell_of_list)) {}

  const quantize::CodeShape& shape() const { return cells_.front()->shape(); }
  std::size_t cells() const { return cells_.size(); }
  std::size_t cell_of(std::size_t list) const { return cell_of_list_.empty() ? 0 : cell_of_list_[list]; }
  const quantize::ResidualCodes& of_cell(std::size_t cell) const { return *cells_[cell]; }
  const quantize::ResidualCodes& of_list(std::size_t list) const { return *cells_[cell_of(list)]; }

 private:
  std::vector<Codes> cells_;
  std::vector<std::uint32_t> cell_of_list_;  // empty if there is one cell
};

}  // namespace nearabout::ivf

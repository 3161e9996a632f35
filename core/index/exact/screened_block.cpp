#include "index/exact/screened_block.h"

#include <cstring>
#include <limits>

#include "index/exact/ascending_check.h"

namespace nearabout::exact {

ScreenedBlock BlockReader::read(std::size_t place, std::size_t rows) {
  if (const std::uint32_t* const list = scanned_.list(place)) return listed(list, rows);
  const float* const offsets = stored_.terms->items<float>(place, rows).data();
  const float* const errors = stored_.terms->items<float>(all_rows_ + place, rows).data();
  return {static_cast<std::uint32_t>(place),
          nullptr,
          rows,
          stored_.codes->rows(place, place + rows),
          scanned_.has_others() ? masked(offsets, place, rows) : offsets,
          errors};
}

ScreenedBlock BlockReader::listed(const std::uint32_t* list, std::size_t rows) {
  const MatrixView table = stored_.codes->matrix();
  offsets_.resize(rows);
  errors_.resize(rows);
  AscendingCheck codes(*stored_.codes, table.stride);
  AscendingCheck offsets(*stored_.terms, sizeof(float));
  AscendingCheck errors(*stored_.terms, sizeof(float), all_rows_ * sizeof(float));
  for (std::size_t i = 0; i < rows; ++i) {
    (void)codes.row(list[i]);
    stored_.codes->fetch(list[i] * table.stride);
    std::memcpy(&offsets_[i], offsets.row(list[i]), sizeof(float));
    std::memcpy(&errors_[i], errors.row(list[i]), sizeof(float));
  }
  return {0, list, rows, table, offsets_.data(), errors_.data()};
}

const float* BlockReader::masked(const float* offsets, std::size_t first, std::size_t rows) {
  offsets_.assign(offsets, offsets + rows);
  scanned_.each_left_out(first, rows, [this](std::size_t i) { offsets_[i] = std::numeric_limits<float>::quiet_NaN(); });
  return offsets_.data();
}

// Listed rows are gathered first.
void BlockReader::pack(const ScreenedBlock& block, std::size_t begin, std::size_t rows, std::uint8_t* panel) {
  const MatrixView& codes = block.codes;
  const kernels::PackPanel pack_panel = kernels::table().screen.pack_panel;
  if (!block.list) return pack_panel(codes.row(begin), codes.stride, rows, codes.dims, stored_.flip, panel);
  gathered_.resize(kernels::kPanelRows * codes.dims);
  for (std::size_t i = 0; i < rows; ++i)
    std::memcpy(gathered_.data() + i * codes.dims, codes.row(block.list[begin + i]), codes.dims);
  pack_panel(gathered_.data(), codes.dims, rows, codes.dims, stored_.flip, panel);
}

}  // namespace nearabout::exact

#include "quantize/panels.h"

#include <algorithm>

#include "kernels/kernels.h"

namespace nearabout::quantize {

using kernels::kPanelRows;

void Panels::pack(const std::int8_t* rows, std::size_t count, std::size_t dims) {
  pack_flipped(rows, count, dims, 0x80);
}

void Panels::pack_narrow(const std::int8_t* rows, std::size_t count, std::size_t dims) {
  raised_.resize(count * dims);
  std::uint8_t* const raised = raised_.data();  // a local, which compilers know not to change while bytes are written
  for (std::size_t i = 0; i < count * dims; ++i) raised[i] = static_cast<std::uint8_t>(rows[i] + kNarrowShift);
  pack_flipped(raised_.data(), count, dims, 0);
}

void Panels::pack_flipped(const void* rows, std::size_t count, std::size_t dims, std::uint8_t flip) {
  count_ = (count + kPanelRows - 1) / kPanelRows;
  bytes_ = kernels::panel_bytes(dims);
  if (room_ < count_ * bytes_) {
    packed_ = aligned_array<std::uint8_t>(count_ * bytes_);
    room_ = count_ * bytes_;
  }
  const auto* const bytes = static_cast<const std::uint8_t*>(rows);
  for (std::size_t p = 0; p < count_; ++p)
    kernels::table().screen.pack_panel(bytes + p * kPanelRows * dims, dims,
                                       std::min(kPanelRows, count - p * kPanelRows), dims, flip,
                                       packed_.get() + p * bytes_);
}

}  // namespace nearabout::quantize

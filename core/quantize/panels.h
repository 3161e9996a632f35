// Rows of signed bytes as panels, to be multiplied with (kernels.h). They are stored unsigned: 128 means zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.h"

namespace nearabout::quantize {

class Panels {
 public:
  // Packs `count` rows of `dims` bytes, one after another. Memory of an earlier call is used again.
  void pack(const std::int8_t* rows, std::size_t count, std::size_t dims);
  // The same for narrow bytes, between -64 and 63: the packed bytes are kNarrowShift more than these, and narrow
  // (kernels.h).
  static constexpr std::int32_t kNarrowShift = 64;
  void pack_narrow(const std::int8_t* rows, std::size_t count, std::size_t dims);

  std::size_t count() const { return count_; }        // panels
  std::size_t panel_bytes() const { return bytes_; }  // of each
  const std::uint8_t* panel(std::size_t p) const { return packed_.get() + p * bytes_; }
  std::span<const std::uint8_t> all() const { return {packed_.get(), count_ * bytes_}; }

 private:
  void pack_flipped(const void* rows, std::size_t count, std::size_t dims, std::uint8_t flip);

  std::size_t count_ = 0, bytes_ = 0, room_ = 0;
  AlignedArray<std::uint8_t> packed_;
  std::vector<std::uint8_t> raised_;
};

}  // namespace nearabout::quantize

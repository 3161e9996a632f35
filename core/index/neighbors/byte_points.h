// All rows of an index as signed bytes on one scale: their codes in the screen of the index, which are projections onto
// leading directions. Products of such bytes estimate which rows are near each other, without any proof.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "base/prefetch.h"
#include "quantize/screen_file.h"

namespace nearabout::neighbors {

class BytePoints {
 public:
  // Takes the codes of a screen of Euclidean or cosine distances. Throws CorruptFileError.
  BytePoints(const quantize::StoredScreen& stored, std::size_t threads, const Monitor& monitor);

  // Takes the rows of other points in this order.
  BytePoints(const BytePoints& others, const std::vector<std::uint32_t>& order);

  std::size_t count() const { return squares_.size(); }
  std::size_t dims() const { return dims_; }  // a multiple of four
  const std::int8_t* bytes(std::size_t row) const { return bytes_.data() + row * dims_; }
  void fetch(std::size_t row) const { prefetch(bytes(row), dims_); }
  // The squared length, including what is outside of the directions: that of two rows is taken to be at right angles.
  float square(std::size_t row) const { return squares_[row]; }
  // Of its products with panels of narrow bytes, what is too much.
  std::int32_t shift(std::size_t row) const { return shifts_[row]; }
  // Of a product of bytes in a squared distance.
  float scale() const { return scale_; }

 private:
  std::size_t dims_;
  float scale_ = 0;
  std::vector<std::int8_t> bytes_;
  std::vector<float> squares_;
  std::vector<std::int32_t> shifts_;
};

}  // namespace nearabout::neighbors

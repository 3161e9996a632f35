// The terms of a block of codes, as numbers of 16 bits: offset = low + offset_step * u16, scale = scale_step * u16.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quantize/leading_codes.h"

namespace nearabout::quantize {

struct TermSteps {
  float offset_low = 0;
  float offset_step = 0;
  float scale_step = 0;
};

// Finds the steps for the terms of some rows, added one by one.
class TermRange {
 public:
  void add(const RowTerms& terms);
  TermSteps steps() const;

 private:
  bool empty_ = true;
  float low_ = 0, high_ = 0, most_ = 0;
};

// Stores the terms of a row at its place in the last line of a block.
void put_terms(const RowTerms& terms, const TermSteps& steps, std::size_t place, std::uint8_t* line);

}  // namespace nearabout::quantize

#include "quantize/code_terms.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

constexpr float kMaxTerm = 65'535;

std::uint16_t term_of(float value, float step) {
  if (!(step > 0)) return 0;
  return static_cast<std::uint16_t>(std::lrint(std::clamp(value / step, 0.0f, kMaxTerm)));
}

}  // namespace

void TermRange::add(const RowTerms& terms) {
  low_ = empty_ ? terms.offset : std::min(low_, terms.offset);
  high_ = empty_ ? terms.offset : std::max(high_, terms.offset);
  most_ = std::max(most_, terms.scale);
  empty_ = false;
}

TermSteps TermRange::steps() const { return {low_, (high_ - low_) / kMaxTerm, most_ / kMaxTerm}; }

void put_terms(const RowTerms& terms, const TermSteps& steps, std::size_t place, std::uint8_t* line) {
  const std::uint16_t values[2] = {term_of(terms.offset - steps.offset_low, steps.offset_step),
                                   term_of(terms.scale, steps.scale_step)};
  for (std::size_t i = 0; i < 2; ++i) {
    line[(i * kernels::kBlockRows + place) * 2] = static_cast<std::uint8_t>(values[i] & 0xff);
    line[(i * kernels::kBlockRows + place) * 2 + 1] = static_cast<std::uint8_t>(values[i] >> 8);
  }
}

}  // namespace nearabout::quantize

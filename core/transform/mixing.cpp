#include "transform/mixing.h"

#include <bit>
#include <cmath>

#include "base/random.h"

namespace nearabout::transform {
namespace {

constexpr std::size_t kMixingRounds = 4;

// The transform of Walsh and Hadamard, scaled to be orthogonal; it is its own inverse.
void hadamard(float* values, std::size_t count) {
  for (std::size_t half = 1; half < count; half *= 2)
    for (std::size_t first = 0; first < count; first += 2 * half)
      for (std::size_t i = first; i < first + half; ++i) {
        const float low = values[i];
        const float high = values[i + half];
        values[i] = low + high;
        values[i + half] = low - high;
      }
  const float scale = 1 / std::sqrt(static_cast<float>(count));
  for (std::size_t i = 0; i < count; ++i) values[i] *= scale;
}

// Sums and differences of both halves, scaled to be orthogonal; its own inverse.
void mix_halves(float* values, std::size_t count) {
  const float scale = std::sqrt(0.5f);
  const std::size_t half = count / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const float low = values[i];
    const float high = values[count - half + i];
    values[i] = (low + high) * scale;
    values[count - half + i] = (low - high) * scale;
  }
}

}  // namespace

Mixing::Mixing(std::size_t dims, std::uint64_t seed)
    : dims_(dims), whole_(std::bit_floor(dims)), signs_(kMixingRounds * dims) {
  Random random(0x516'0000 + seed);
  for (float& sign : signs_) sign = random.next() >> 63 ? 1.0f : -1.0f;
}

void Mixing::apply(float* vector) const {
  for (std::size_t round = 0; round < kMixingRounds; ++round) {
    for (std::size_t j = 0; j < dims_; ++j) vector[j] *= signs_[round * dims_ + j];
    hadamard(round % 2 == 0 ? vector : vector + (dims_ - whole_), whole_);
    if (whole_ < dims_) mix_halves(vector, dims_);
  }
}

void Mixing::undo(float* vector) const {
  for (std::size_t round = kMixingRounds; round-- > 0;) {
    if (whole_ < dims_) mix_halves(vector, dims_);
    hadamard(round % 2 == 0 ? vector : vector + (dims_ - whole_), whole_);
    for (std::size_t j = 0; j < dims_; ++j) vector[j] *= signs_[round * dims_ + j];
  }
}

}  // namespace nearabout::transform

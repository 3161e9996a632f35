// Binary codes of vectors: bit b says on which side of plane b a vector is, so near vectors differ in few bits.
//
// All planes go through the centre of the rows. Their normals, the directions, are
//
// * hyperplanes: random. Two vectors differ in a bit with the probability of the angle between them, as seen from the
//   centre, divided by pi (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002, who has
//   planes through the origin, for cosines). Vectors of real data are all on one side of the origin: there, planes
//   through the centre find more neighbours under cosine, too (docs/explanation/hashing.md).
// * itq: the leading principal directions, turned by iterative quantization (itq.h), so that the corners of a cube are
//   as near as possible to the vectors: what a bit leaves out is small.
//
// Vectors are those of a space in which near means a small Euclidean distance (transform/metric_transform.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "transform/dense.h"
#include "transform/sample.h"

namespace nearabout::quantize {

inline constexpr std::size_t kMaxCodeBits = 1'024;
inline constexpr std::size_t kWordBits = 64;
constexpr std::size_t words_of(std::size_t bits) { return (bits + kWordBits - 1) / kWordBits; }

// The numbers are part of the file format: never reuse one.
enum class Planes : std::uint64_t { hyperplanes = 1, itq = 2 };

// Encodes and decodes; what it reads belongs to LearntBinaryCodes or to a file, which must outlive it.
class BinaryCodes {
 public:
  BinaryCodes() = default;
  BinaryCodes(std::size_t bits, std::span<const float> centre, std::span<const float> directions,
              std::span<const float> levels)
      : bits_(bits), centre_(centre), directions_(directions), levels_(levels) {}

  std::size_t dims() const { return centre_.size(); }
  std::size_t bits() const { return bits_; }
  std::size_t words() const { return words_of(bits_); }                     // of 64 bits, in a code
  std::size_t outputs() const { return transform::padded_outputs(bits_); }  // numbers of a projection

  // Projects `count` vectors: outputs() numbers each, of which those past bits() mean nothing. A bit is 1 where the
  // number is above 0; the smaller its magnitude, the less sure is the bit.
  void project(const float* vectors, std::size_t count, float* projections) const;
  // Returns the bits of projections in words, the first bit lowest; bits past bits() are 0.
  void signs(const float* projections, std::size_t count, std::uint64_t* codes) const;
  // Encodes vectors: words() words each.
  void encode(const float* vectors, std::size_t count, std::uint64_t* codes) const;
  // Decodes to vectors of dims() floats: the centre plus the directions, each times the level of its bit.
  void decode(const std::uint64_t* codes, std::size_t count, float* vectors) const;

 private:
  std::size_t bits_ = 0;
  std::span<const float> centre_;
  std::span<const float> directions_;  // dims x outputs
  std::span<const float> levels_;      // 2 x bits: what a 0 and what a 1 of each bit are decoded to
};

struct LearntBinaryCodes {
  Planes planes = Planes::itq;
  std::uint64_t seed = 0;
  std::size_t bits = 0;
  std::vector<float> centre, directions, levels;  // as BinaryCodes has them

  BinaryCodes codes() const { return {bits, centre, directions, levels}; }
};

// Rows that planes are learnt from: at most this many are enough.
inline constexpr std::size_t kPlaneSampleRows = 4'096;

// Learns planes from a sample of at least one row. 1 <= bits <= kMaxCodeBits. The same for any number of threads.
LearntBinaryCodes learn_binary_codes(Planes planes, const transform::Sample& sample, std::size_t bits,
                                     std::uint64_t seed, std::size_t threads);

}  // namespace nearabout::quantize

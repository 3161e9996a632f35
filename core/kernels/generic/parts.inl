// Row ends for instruction sets without masked loads, and hits handled one by one.
//
// For a row of at least one vector, the vector that ends where the row ends is loaded again, and the lanes already read
// are masked out. The bytes of a shorter row are copied into a zeroed buffer and loaded from there. Either way no byte
// outside the row is touched.

// Copies fewer than kRoom bytes in pieces of fixed size: a call of memcpy would cost more than the distance itself.
template <std::size_t kRoom>
inline void copy_bytes(Byte* to, const Byte* from, std::size_t count) {
  constexpr std::size_t kPiece = kRoom / 2;
  if ((count & kPiece) != 0) {
    memcpy(to, from, kPiece);
    to += kPiece;
    from += kPiece;
  }
  if constexpr (kPiece > 1) copy_bytes<kPiece>(to, from, count);
}

struct ByteMasks {
  Byte none[kBytes], all[kBytes];
};
constexpr ByteMasks make_byte_masks() {
  ByteMasks masks = {};
  for (Byte& byte : masks.all) byte = 0xff;
  return masks;
}
constexpr ByteMasks kByteMasks = make_byte_masks();

template <class Element>
inline Bytes load_bytes_end(const Element* row, std::size_t whole, std::size_t dims) {
  const Byte* const bytes = reinterpret_cast<const Byte*>(row);
  if (whole != 0) return both(load_bytes(bytes + dims - kBytes), load_bytes(kByteMasks.none + (dims - whole)));
  alignas(64) Byte part[kBytes] = {};
  copy_bytes<kBytes>(part, bytes, dims);
  return load_bytes(part);
}

// Masks for doubles, eight bytes per lane: -1 keeps a lane.
struct LaneMasks {
  std::int64_t none[8], all[8];
};
constexpr LaneMasks kLaneMasks = {{}, {-1, -1, -1, -1, -1, -1, -1, -1}};

template <class Tag, class Element>
inline Doubles load_end(Tag tag, const Element* row, std::size_t whole, std::size_t dims) {
  const Byte* const bytes = reinterpret_cast<const Byte*>(row);
  if (whole != 0) return keep(load(tag, bytes + (dims - 8) * Tag::kBytes), kLaneMasks.none + (dims - whole));
  alignas(64) Byte part[8 * Tag::kBytes] = {};
  copy_bytes<8 * Tag::kBytes>(part, bytes, dims * Tag::kBytes);
  return load(tag, part);
}

// Returns the bound of row i. The product and the sum are rounded separately, so that every instruction set returns the
// same bits.
inline float bound_of(const std::int32_t* dots, std::size_t i, const Screen& screen) {
  const float near =
      (screen.offsets == nullptr ? 0.0f : screen.offsets[i]) + screen.scale * static_cast<float>(dots[i]);
  return screen.errors == nullptr ? near : near - screen.slack * screen.errors[i];
}

// Appends the hits without branching on the comparison: each write goes to `found` and is overwritten by the next
// unless the row is a hit.
inline std::size_t append_hits_singly(const std::int32_t* dots, std::size_t first, std::size_t count,
                                      const Screen& screen, std::size_t found, std::uint32_t* hits, float* bounds) {
  for (std::size_t i = first; i < first + count; ++i) {
    const float bound = bound_of(dots, i, screen);
    hits[found] = static_cast<std::uint32_t>(i);
    bounds[found] = bound;
    found += bound <= screen.threshold ? 1 : 0;
  }
  return found;
}

#include "kernels/generic/estimates.inl"

inline Range range_singly(const float* values, std::size_t count) {
  Range range = {kInfinity, -kInfinity};
  for (std::size_t i = 0; i < count; ++i) {
    range.least = values[i] < range.least ? values[i] : range.least;
    range.most = values[i] > range.most ? values[i] : range.most;
  }
  return range;
}

inline std::size_t count_singly(const float* values, std::size_t count, float most) {
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found += values[i] <= most ? 1 : 0;
  return found;
}

// Moves the estimates up to `most`, from number `first` on, behind the `kept` that stand in front.
inline std::size_t keep_singly(float* values, std::uint32_t* numbers, std::size_t first, std::size_t count, float most,
                               std::size_t kept) {
  for (std::size_t i = first; i < count; ++i) {
    const float value = values[i];
    values[kept] = value;
    numbers[kept] = numbers[i];
    kept += value <= most ? 1 : 0;
  }
  return kept;
}

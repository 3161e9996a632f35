// Ends of rows for instruction sets without masked loads: what is left is copied beside zeros and loaded from there, so that
// no byte outside the row is touched.

template <class Tag, class Element>
inline Doubles load_part(Tag tag, const Element* from, std::size_t count) {
  alignas(64) Byte part[8 * Tag::kBytes] = {};
  const Byte* const bytes = reinterpret_cast<const Byte*>(from);
  for (std::size_t i = 0; i < count * Tag::kBytes; ++i) part[i] = bytes[i];
  return load(tag, part);
}

template <class Element>
inline Bytes load_bytes_part(const Element* from, std::size_t count) {
  alignas(64) Byte part[kBytes] = {};
  const Byte* const bytes = reinterpret_cast<const Byte*>(from);
  for (std::size_t i = 0; i < count; ++i) part[i] = bytes[i];
  return load_bytes(part);
}

// A product and a sum each round for themselves: every instruction set returns the same bits.
inline float bound_of(const std::int32_t* dots, std::size_t i, const Screen& screen) {
  const float near = (screen.offsets == nullptr ? 0.0f : screen.offsets[i]) + screen.scale * static_cast<float>(dots[i]);
  return screen.errors == nullptr ? near : near - screen.slack * screen.errors[i];
}

// Without a branch on the comparison: writes land at `found` or are overwritten by the next.
inline std::size_t append_hits_singly(const std::int32_t* dots, std::size_t first, std::size_t count, const Screen& screen,
                                      std::size_t found, std::uint32_t* hits, float* bounds) {
  for (std::size_t i = first; i < first + count; ++i) {
    const float bound = bound_of(dots, i, screen);
    hits[found] = static_cast<std::uint32_t>(i);
    bounds[found] = bound;
    found += bound <= screen.threshold ? 1 : 0;
  }
  return found;
}

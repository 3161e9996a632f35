// Arrays of estimates handled one by one, which compilers turn into vectors where that is simple.

inline Range range_of(const float* values, std::size_t count) { return range_singly(values, count); }
inline std::size_t count_within(const float* values, std::size_t count, float most) {
  return count_singly(values, count, most);
}
inline std::size_t keep_within(float* values, std::uint32_t* numbers, std::size_t count, float most) {
  return keep_singly(values, numbers, 0, count, most, 0);
}

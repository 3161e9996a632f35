// Returns the number of the lowest bit that is set; one is. (Standard headers have functions of their own, which would
// be compiled for this file's instruction set.)
inline std::size_t lowest_bit(std::uint32_t bits) {
#if defined(__GNUC__)
  return static_cast<std::size_t>(__builtin_ctz(bits));
#else
  std::size_t number = 0;
  while ((bits >> number & 1) == 0) ++number;
  return number;
#endif
}

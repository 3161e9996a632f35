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

// Appends the rows of a panel, from row `first` on, whose bits are set; dot_of(r) is the product of row first + r with
// a query.
template <class DotOf>
inline std::size_t append_matrix_hits(const MatrixRows& rows, std::size_t first, std::uint32_t near, DotOf dot_of,
                                      const MatrixQueries& queries, std::size_t query, std::size_t found,
                                      MatrixHit* hits) {
  const MatrixScreen& screen = queries.screens[query];
  for (; near != 0; near &= near - 1) {
    const std::size_t r = lowest_bit(near);
    const float bound =
        rows.offsets[first + r] + screen.scale * static_cast<float>(dot_of(r)) - screen.slack * rows.errors[first + r];
    hits[found++] = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(first + r), bound};
  }
  return found;
}

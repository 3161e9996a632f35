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

// Appends the rows of a panel, from row `first` on, whose bits are set; `dots` are their products with a query.
inline std::size_t append_matrix_hits(const MatrixRows& rows, std::size_t first, std::uint32_t near,
                                      const std::int32_t* dots, const MatrixQueries& queries, std::size_t query,
                                      std::size_t found, MatrixHit* hits) {
  const MatrixScreen& screen = queries.screens[query];
  for (; near != 0; near &= near - 1) {
    const std::size_t r = lowest_bit(near);
    const float bound =
        rows.offsets[first + r] + screen.scale * static_cast<float>(dots[r]) - screen.slack * rows.errors[first + r];
    hits[found++] = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(first + r), bound};
  }
  return found;
}

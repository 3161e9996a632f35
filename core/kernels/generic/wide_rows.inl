// Products of rows of s8 with a query of s16: twice the bits of a screen's query for the price of one product.
//
// An instruction set defines
//   kWideLanes: how many dimensions it takes at a time, a power of two
//   WideQuery load_wide(from), WideRow wide_row(from)
//   Sums wide_step(sums, query, row): adds all products to the lanes of the sums

inline void wide_rows(const std::int16_t* query, Rows rows, std::size_t dims, std::int32_t* out) {
  const std::size_t whole = dims / kWideLanes * kWideLanes;
  // The end of a row is loaded as the upper lanes of the vector that ends where the row ends; the query is zero in the
  // lanes that were read before. A row shorter than a vector is copied.
  alignas(64) std::int16_t end[kWideLanes] = {};
  const std::size_t shift = whole == 0 ? 0 : kWideLanes - dims % kWideLanes;
  for (std::size_t j = whole; j < dims; ++j) end[j - whole + shift] = query[j];
  for_row_groups<kByteGroup>(rows, dims, [&](const Byte* const* row, std::size_t first, std::size_t live) {
    Sums sums[kByteGroup] = {no_sums(), no_sums(), no_sums(), no_sums()};
    for (std::size_t j = 0; j < whole; j += kWideLanes) {
      const WideQuery part = load_wide(query + j);
      for (std::size_t i = 0; i < kByteGroup; ++i) sums[i] = wide_step(sums[i], part, wide_row(row[i] + j));
    }
    if (whole < dims) {
      const WideQuery part = load_wide(end);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        alignas(64) Byte copy[kWideLanes] = {};
        const Byte* from = row[i] + dims - kWideLanes;
        if (whole == 0) {
          for (std::size_t j = 0; j < dims; ++j) copy[j] = row[i][j];
          from = copy;
        }
        sums[i] = wide_step(sums[i], part, wide_row(from));
      }
    }
    for (std::size_t i = 0; i < live; ++i) out[first + i] = static_cast<std::int32_t>(total(sums[i]));
  });
}

// Products of panels with narrow bytes, with AVX2: maddubs multiplies bytes directly and sums two products in 16 bits.
// Narrow bytes are small enough for the sum of four to fit.

// Returns four dimensions of a query, repeated for every row.
inline __m256i narrow_query(const std::int8_t* from) {
  std::int32_t four;
  memcpy(&four, from, 4);
  return _mm256_set1_epi32(four);
}

// Computes the products of kQueries queries with the rows of a tile.
template <std::size_t kQueries>
inline void narrow_tile(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t words,
                        std::int32_t* out, std::size_t out_stride) {
  constexpr std::size_t kWordBytes = kPanelRows * 4;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[kQueries][kTileVectors];
  for (std::size_t q = 0; q < kQueries; ++q)
    for (std::size_t v = 0; v < kTileVectors; ++v) sums[q][v] = _mm256_setzero_si256();
  const auto rows = [&](std::size_t word, std::size_t v) { return load_bytes(panel + word * kWordBytes + v * 32); };
  std::size_t word = 0;
  for (; word + 2 <= words; word += 2) {
    // Queries are loaded for each vector anew: there are not enough registers to keep them.
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      const __m256i first = rows(word, v);
      const __m256i second = rows(word + 1, v);
      for (std::size_t q = 0; q < kQueries; ++q) {
        const std::int8_t* const query = queries + q * stride + word * 4;
        const __m256i four = _mm256_add_epi16(_mm256_maddubs_epi16(first, narrow_query(query)),
                                              _mm256_maddubs_epi16(second, narrow_query(query + 4)));
        sums[q][v] = _mm256_add_epi32(sums[q][v], _mm256_madd_epi16(four, ones));
      }
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q)
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      if (word < words) {
        const __m256i two = _mm256_maddubs_epi16(rows(word, v), narrow_query(queries + q * stride + word * 4));
        sums[q][v] = _mm256_add_epi32(sums[q][v], _mm256_madd_epi16(two, ones));
      }
      panel_store(out + q * out_stride + v * kPanelLanes, sums[q][v], 0);
    }
}

template <std::size_t kQueries>
inline void narrow_tile_of(std::size_t count, const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride,
                           std::size_t words, std::int32_t* out, std::size_t out_stride) {
  if (count >= kQueries) {
    narrow_tile<kQueries>(panel, queries, stride, words, out, out_stride);
  } else if constexpr (kQueries > 1) {
    narrow_tile_of<kQueries - 1>(count, panel, queries, stride, words, out, out_stride);
  }
}

inline void narrow_panel_dots(const std::uint8_t* panels, std::size_t panel_count, const std::int8_t* queries,
                              std::size_t stride, std::size_t count, std::size_t dims, std::int32_t* out,
                              std::size_t out_stride) {
  const std::size_t words = (dims + 3) / 4;
  for (std::size_t p = 0; p < panel_count; ++p)
    for (std::size_t row = 0; row < kPanelRows; row += kTileVectors * kPanelLanes)
      for (std::size_t query = 0; query < count; query += kTileQueries)
        narrow_tile_of<kTileQueries>(count - query, panels + p * panel_bytes(dims) + row * 4, queries + query * stride,
                                     stride, words, out + query * out_stride + p * kPanelRows + row, out_stride);
}

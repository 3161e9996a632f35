// The estimates of rows from the sums of their codes, and which of them are hits, with AVX-512.

inline __mmask16 mask16(std::size_t count) { return static_cast<__mmask16>((1u << count) - 1); }

// Returns the estimates of sixteen rows from their sums.
inline __m512 estimates_of(__m512i sums, const std::uint8_t* terms, const CodeScan& scan) {
  const __m512i both = _mm512_loadu_si512(terms);
  const __m512 offsets = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(both)));
  const __m512 scales = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1)));
  const __m512 constant =
      _mm512_add_ps(_mm512_set1_ps(scan.base), _mm512_mul_ps(_mm512_set1_ps(scan.offset_step), offsets));
  const __m512 factor = _mm512_mul_ps(_mm512_set1_ps(scan.scale), scales);
  return _mm512_add_ps(constant, _mm512_mul_ps(factor, _mm512_cvtepi32_ps(sums)));
}

// Removes the rows of blocks that are not allowed from the hits.
template <std::size_t kBlocks>
inline void leave_out(const __m512* estimates, __mmask16* near, const std::uint16_t* allowed, CodeScan& scan) {
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const auto others = static_cast<__mmask16>(near[b] & ~allowed[b]);
    near[b] &= allowed[b];
    if (others == 0 || scan.left_out == nullptr) continue;
    _mm512_storeu_ps(scan.left_out + scan.left_out_found, _mm512_maskz_compress_ps(others, estimates[b]));
    scan.left_out_found += static_cast<std::size_t>(_mm_popcnt_u32(others));
  }
}

// Takes one branch for all blocks of a tile, because whether a single block has a hit is hard to predict.
template <std::size_t kBlocks>
inline void append_blocks(const __m512i* sums, const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                          std::uint32_t place, CodeScan& scan) {
  const __m512 threshold = _mm512_set1_ps(scan.threshold);
  __m512 estimates[kBlocks];
  __mmask16 near[kBlocks];
  unsigned any = 0;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const std::size_t left = rows - b * kBlockRows;
    const __mmask16 live = b + 1 < kBlocks || left >= kBlockRows ? static_cast<__mmask16>(0xffff) : mask16(left);
    estimates[b] = estimates_of(sums[b], terms + b * stride, scan);
    near[b] = _mm512_mask_cmp_ps_mask(live, estimates[b], threshold, _CMP_LE_OQ);
    any |= near[b];
  }
  if (any == 0) return;
  if (scan.allowed != nullptr) leave_out<kBlocks>(estimates, near, scan.allowed + place / kBlockRows, scan);
  __m512i numbers = _mm512_add_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                     _mm512_set1_epi32(static_cast<int>(scan.first + place)));
  std::size_t found = scan.found;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    _mm512_storeu_si512(scan.numbers + found, _mm512_maskz_compress_epi32(near[b], numbers));
    _mm512_storeu_ps(scan.estimates + found, _mm512_maskz_compress_ps(near[b], estimates[b]));
    found += static_cast<std::size_t>(_mm_popcnt_u32(near[b]));
    numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(kBlockRows));
  }
  scan.found = found;
}

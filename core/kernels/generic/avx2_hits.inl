// Which rows are hits, with AVX2: eight at a time. Hits are moved to the front of a register, which is stored as a
// whole.

// For each set of lanes, their numbers in order, a byte each; lanes beyond them are lane 0.
struct LanePlaces {
  std::uint64_t of[256];
};
constexpr LanePlaces make_lane_places() {
  LanePlaces places = {};
  for (unsigned lanes = 0; lanes < 256; ++lanes) {
    unsigned found = 0;
    for (unsigned lane = 0; lane < 8; ++lane)
      if ((lanes >> lane & 1) != 0) places.of[lanes] |= std::uint64_t{lane} << (8 * found++);
  }
  return places;
}
constexpr LanePlaces kLanePlaces = make_lane_places();

inline __m256i places_of(unsigned lanes) { return _mm256_cvtepu8_epi32(load_8(kLanePlaces.of + lanes)); }
inline void store_values(float* to, __m256 values, __m256i places) {
  _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(values, places));
}
inline void store_numbers(std::uint32_t* to, __m256i numbers, __m256i places) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(numbers, places));
}
inline __m256i numbers_from(std::uint32_t first) {
  return _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(static_cast<int>(first)));
}
inline unsigned within(__m256 values, __m256 most) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(values, most, _CMP_LE_OQ)));
}
inline std::size_t count_of(unsigned lanes) { return static_cast<std::size_t>(_mm_popcnt_u32(lanes)); }

// `found` never passes `first`, so that a whole register fits into the caller's buffers.
constexpr std::size_t kHitLanes = 8;
inline std::size_t append_hits(const std::int32_t* dots, std::size_t first, std::size_t count, const Screen& screen,
                               std::size_t found, std::uint32_t* hits, float* bounds) {
  if (count < kHitLanes) return append_hits_singly(dots, first, count, screen, found, hits, bounds);
  const __m256 products = _mm256_cvtepi32_ps(load_bytes(dots + first));
  const __m256 offsets = screen.offsets == nullptr ? _mm256_setzero_ps() : _mm256_loadu_ps(screen.offsets + first);
  __m256 bound = _mm256_add_ps(offsets, _mm256_mul_ps(_mm256_set1_ps(screen.scale), products));
  if (screen.errors != nullptr) {
    const __m256 errors = _mm256_loadu_ps(screen.errors + first);
    bound = _mm256_sub_ps(bound, _mm256_mul_ps(_mm256_set1_ps(screen.slack), errors));
  }
  const unsigned near = within(bound, _mm256_set1_ps(screen.threshold));
  if (near == 0) return found;
  const __m256i places = places_of(near);
  store_numbers(hits + found, numbers_from(static_cast<std::uint32_t>(first)), places);
  store_values(bounds + found, bound, places);
  return found + count_of(near);
}

// Returns the estimates of eight rows from their sums, given the offsets and scales of these rows.
inline __m256 estimates_of(__m256i sums, const std::uint8_t* terms, const CodeScan& scan) {
  const __m256 offsets = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(load_16(terms)));
  const __m256 scales = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(load_16(terms + 32)));
  const __m256 constant =
      _mm256_add_ps(_mm256_set1_ps(scan.base), _mm256_mul_ps(_mm256_set1_ps(scan.offset_step), offsets));
  const __m256 factor = _mm256_mul_ps(_mm256_set1_ps(scan.scale), scales);
  return _mm256_add_ps(constant, _mm256_mul_ps(factor, _mm256_cvtepi32_ps(sums)));
}

// Removes the rows of a block that are not allowed from those that are near.
inline unsigned leave_out(const __m256* estimates, unsigned near, unsigned allowed, CodeScan& scan) {
  for (unsigned h = 0; h < 2 && scan.left_out != nullptr; ++h) {
    const unsigned others = (near & ~allowed) >> (h * 8) & 0xff;
    store_values(scan.left_out + scan.left_out_found, estimates[h], places_of(others));
    scan.left_out_found += count_of(others);
  }
  return near & allowed;
}

// Appends the hits among the rows of blocks, given the sums of their halves. Takes one branch for all blocks of a tile,
// because whether a single block has a hit is hard to predict.
template <std::size_t kBlocks>
inline void append_blocks(const __m256i (*sums)[2], const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                          std::uint32_t place, CodeScan& scan) {
  __m256 estimates[kBlocks][2];
  unsigned near[kBlocks];
  unsigned any = 0;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const __m256 most = _mm256_set1_ps(scan.threshold);
    for (std::size_t h = 0; h < 2; ++h) estimates[b][h] = estimates_of(sums[b][h], terms + b * stride + h * 16, scan);
    near[b] = within(estimates[b][0], most) | within(estimates[b][1], most) << 8;
    any |= near[b];
  }
  if (any == 0) return;
  const std::size_t last = rows - (kBlocks - 1) * kBlockRows;
  if (last < kBlockRows) near[kBlocks - 1] &= (1u << last) - 1;
  std::size_t found = scan.found;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    if (scan.allowed != nullptr) near[b] = leave_out(estimates[b], near[b], scan.allowed[place / kBlockRows + b], scan);
    for (unsigned h = 0; h < 2; ++h) {
      const unsigned hits = near[b] >> (h * 8) & 0xff;
      const __m256i places = places_of(hits);
      const auto first = static_cast<std::uint32_t>(scan.first + place + b * kBlockRows + h * 8);
      store_numbers(scan.numbers + found, numbers_from(first), places);
      store_values(scan.estimates + found, estimates[b][h], places);
      found += count_of(hits);
    }
  }
  scan.found = found;
}

inline Range range_of(const float* values, std::size_t count) {
  __m256 least = _mm256_set1_ps(kInfinity);
  __m256 most = _mm256_set1_ps(-kInfinity);
  const std::size_t whole = count / 8 * 8;
  for (std::size_t i = 0; i < whole; i += 8) {
    const __m256 eight = _mm256_loadu_ps(values + i);
    least = _mm256_min_ps(least, eight);
    most = _mm256_max_ps(most, eight);
  }
  float lows[8], highs[8];
  _mm256_storeu_ps(lows, least);
  _mm256_storeu_ps(highs, most);
  const Range low = range_singly(lows, 8);
  const Range high = range_singly(highs, 8);
  const Range rest = range_singly(values + whole, count - whole);
  return {rest.least < low.least ? rest.least : low.least, rest.most > high.most ? rest.most : high.most};
}

inline std::size_t count_within(const float* values, std::size_t count, float most) {
  const std::size_t whole = count / 8 * 8;
  const __m256 limit = _mm256_set1_ps(most);
  __m256i found = _mm256_setzero_si256();  // minus the numbers of each lane
  for (std::size_t i = 0; i < whole; i += 8)
    found = _mm256_add_epi32(found, _mm256_castps_si256(_mm256_cmp_ps(_mm256_loadu_ps(values + i), limit, _CMP_LE_OQ)));
  return count_singly(values + whole, count - whole, most) + (0u - total(found));
}

inline std::size_t keep_within(float* values, std::uint32_t* numbers, std::size_t count, float most) {
  const __m256 limit = _mm256_set1_ps(most);
  std::size_t kept = 0;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 eight = _mm256_loadu_ps(values + i);
    const __m256i their = load_bytes(numbers + i);
    const unsigned near = within(eight, limit);
    const __m256i places = places_of(near);
    store_values(values + kept, eight, places);
    store_numbers(numbers + kept, their, places);
    kept += count_of(near);
  }
  return keep_singly(values, numbers, i, count, most, kept);
}

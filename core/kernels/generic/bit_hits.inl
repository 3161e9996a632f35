// Codes within a number of differing bits of a query's. Needs:
//   constexpr std::size_t kCountRows: rows whose words fill a vector, a divisor of kCodeRows
//   BitCounts no_bit_counts()
//   BitCounts count_bits(counts, const std::uint64_t* rows, const std::uint64_t* query): adds the bits in which one
//   word
//       of each of kCountRows rows differs from one word of the query
//   unsigned near_counts(counts, std::uint32_t most): a bit for each row with at most so many
//   void store_counts(std::uint64_t* to, counts)

constexpr std::size_t kCountVectors = kCodeRows / kCountRows;

struct BlockCounts {
  BitCounts part[kCountVectors];
};

// `kWords` is the number of words, so that loops over it are unrolled; 0: any other.
template <std::size_t kWords>
inline BlockCounts block_counts(const std::uint64_t* block, std::size_t words, const std::uint64_t* query) {
  BlockCounts counts;
  for (std::size_t v = 0; v < kCountVectors; ++v) {
    BitCounts sums = no_bit_counts();
    for (std::size_t w = 0; w < (kWords == 0 ? words : kWords); ++w)
      sums = count_bits(sums, block + w * kCodeRows + v * kCountRows, query + w);
    counts.part[v] = sums;
  }
  return counts;
}

// Every place is written, and the next row takes it again if this one is no hit.
inline std::size_t append_near(const BlockCounts& counts, unsigned near, std::size_t first, std::uint64_t* hits,
                               std::size_t found) {
  std::uint64_t distances[kCodeRows];
  for (std::size_t v = 0; v < kCountVectors; ++v) store_counts(distances + v * kCountRows, counts.part[v]);
  for (std::size_t r = 0; r < kCodeRows; ++r) {
    hits[found] = distances[r] << 32 | (first + r);
    found += near >> r & 1u;
  }
  return found;
}

template <std::size_t kWords>
inline std::size_t find_bit_hits(const std::uint64_t* blocks, std::size_t rows, std::size_t words,
                                 const std::uint64_t* query, std::uint32_t most, std::uint64_t* hits) {
  std::size_t found = 0;
  for (std::size_t first = 0; first < rows; first += kCodeRows) {
    const BlockCounts counts = block_counts<kWords>(blocks + first * words, words, query);
    unsigned near = 0;
    for (std::size_t v = 0; v < kCountVectors; ++v) near |= near_counts(counts.part[v], most) << (v * kCountRows);
    if (rows - first < kCodeRows) near &= (1u << (rows - first)) - 1;
    if (near != 0) found = append_near(counts, near, first, hits, found);
  }
  return found;
}

inline std::size_t bit_hits(const std::uint64_t* blocks, std::size_t rows, std::size_t words,
                            const std::uint64_t* query, std::uint32_t most, std::uint64_t* hits) {
  switch (words) {
    case 1:
      return find_bit_hits<1>(blocks, rows, words, query, most, hits);
    case 2:
      return find_bit_hits<2>(blocks, rows, words, query, most, hits);
    case 4:
      return find_bit_hits<4>(blocks, rows, words, query, most, hits);
    default:
      return find_bit_hits<0>(blocks, rows, words, query, most, hits);
  }
}

// Blocks of codes handled one by one, for instruction sets that gain nothing from handling several at once.

template <std::size_t kBlocks>
inline void append_tile(const CodeSums* sums, const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                        std::uint32_t place, std::size_t lines, CodeScan& scan) {
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const std::size_t done = b * kBlockRows;
    const std::size_t count = rows - done < kBlockRows ? rows - done : kBlockRows;
    append_codes(sums[b], terms + b * stride, count, place + static_cast<std::uint32_t>(done), lines, scan);
  }
}

template <std::size_t kBlocks>
inline void append_sums(const std::int32_t (*sums)[kBlockRows], const std::uint8_t* terms, std::size_t stride,
                        std::size_t rows, std::uint32_t place, CodeScan& scan) {
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const std::size_t done = b * kBlockRows;
    const std::size_t count = rows - done < kBlockRows ? rows - done : kBlockRows;
    append_block(sums[b], terms + b * stride, count, place + static_cast<std::uint32_t>(done), scan);
  }
}

// The estimates of rows from the sums of their codes, row by row.

inline std::uint32_t code_term(const std::uint8_t* terms, std::size_t place) {
  std::uint16_t term;
  memcpy(&term, terms + place * 2, 2);
  return term;
}

// Appends the hits among the rows of a block, as append_hits_singly() does.
template <class Sum>
inline void append_estimates_singly(const Sum* sums, const std::uint8_t* terms, std::size_t count, std::uint32_t place,
                                    CodeScan& scan) {
  const unsigned allowed = scan.allowed == nullptr ? 0xffffu : scan.allowed[place / kBlockRows];
  for (std::size_t r = 0; r < count; ++r) {
    const float offset = scan.offset_step * static_cast<float>(code_term(terms, r));
    const float scale = scan.scale * static_cast<float>(code_term(terms, kBlockRows + r));
    const float estimate = (scan.base + offset) + scale * static_cast<float>(sums[r]);
    scan.numbers[scan.found] = scan.first + place + static_cast<std::uint32_t>(r);
    scan.estimates[scan.found] = estimate;
    const bool is_allowed = (allowed >> r & 1) != 0;
    const bool is_near = estimate <= scan.threshold;
    scan.found += is_allowed && is_near ? 1 : 0;
    if (scan.left_out == nullptr) continue;
    scan.left_out[scan.left_out_found] = estimate;
    scan.left_out_found += !is_allowed && is_near ? 1 : 0;
  }
}

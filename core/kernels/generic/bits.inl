// Distances between bit vectors, computed on their bytes. Needs the following in addition to the vector of integer.inl:
//   Bytes both(a, b), either(a, b)        Sums add_bits(sums, bytes): adds the number of bits set
// Counts stay below 8 * kMaxDims, far from overflow; padding bits are zero and add nothing.

template <class Visit>
inline void for_byte_pairs(const Byte* query, const Byte* row, std::size_t bytes, const Visit& visit) {
  const std::size_t whole = bytes / kBytes * kBytes;
  for (std::size_t j = 0; j < whole; j += kBytes) visit(load_bytes(query + j), load_bytes(row + j));
  if (whole < bytes) visit(load_bytes_end(query, whole, bytes), load_bytes_end(row, whole, bytes));
}

// Handles one row at a time: rows of bits are short, so the processor overlaps the sums of neighbouring rows by itself.
inline void bit_hamming(const void* query, Rows rows, std::size_t bytes, double* out) {
  const Byte* const bits = static_cast<const Byte*>(query);
  for_row_groups<kByteGroup>(rows, bytes, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    for (std::size_t i = 0; i < live; ++i) {
      Sums sums = no_sums();
      for_byte_pairs(bits, row[i], bytes, [&](Bytes a, Bytes b) { sums = add_bits(sums, exclusive_or(a, b)); });
      out[first + i] = static_cast<double>(total(sums));
    }
  });
}

inline void bit_jaccard(const void* query, Rows rows, std::size_t bytes, double* out) {
  const Byte* const bits = static_cast<const Byte*>(query);
  for_row_groups<kByteGroup>(rows, bytes, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    for (std::size_t i = 0; i < live; ++i) {
      Sums common = no_sums();
      Sums all = no_sums();
      for_byte_pairs(bits, row[i], bytes, [&](Bytes a, Bytes b) {
        common = add_bits(common, both(a, b));
        all = add_bits(all, either(a, b));
      });
      const double size = static_cast<double>(total(all));
      out[first + i] = size == 0.0 ? 0.0 : 1.0 - static_cast<double>(total(common)) / size;
    }
  });
}

inline constexpr BitKernels kBits = {bit_hamming, bit_jaccard, bit_hits};

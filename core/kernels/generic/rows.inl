// The loop over a batch of rows that every kernel shares.
//
// The files of this folder are the single source of all kernels. Each instruction-set file defines its vector types and
// their operations inside an unnamed namespace and then includes these files there, so that differently compiled copies
// share nothing: everything is local to its object file. That is also why these files use nothing of the standard
// library and call no inline function from a header: the linker keeps one copy of such a function, perhaps the one
// compiled for AVX-512, and every caller gets that copy.

inline const Byte* row_address(const Rows& rows, std::size_t index) {
  const std::size_t row = rows.rows == nullptr ? index : rows.rows[index];
  return static_cast<const Byte*>(rows.base) + row * rows.stride;
}

// Prefetches a row whose number comes from a list: the processor prefetches consecutive rows itself but cannot predict
// listed ones. Only the first 1024 bytes of a long row are requested; the processor follows from there.
inline void prefetch_row(const Byte* row, std::size_t bytes) {
  const std::size_t ahead = bytes < 1024 ? bytes : 1024;
  for (std::size_t offset = 0; offset < ahead; offset += 64) prefetch(row + offset);
}

// Calls body(row, first, live) for kGroup rows at a time: row[0 .. kGroup-1] are their addresses, `first` is the
// position of the first one in the batch, and `live` is how many of them count. If fewer than kGroup are left, the last
// row is repeated: an extra row costs nothing compared with the latency of the sums, and there is only one loop to get
// right.
template <std::size_t kGroup, class Body>
inline void for_row_groups(const Rows& rows, std::size_t bytes, const Body& body) {
  const bool ahead = rows.rows != nullptr && !rows.fetched;
  for (std::size_t first = 0; first < rows.count; first += kGroup) {
    const Byte* row[kGroup];
    for (std::size_t i = 0; i < kGroup; ++i) {
      const std::size_t index = first + i;
      row[i] = row_address(rows, index < rows.count ? index : rows.count - 1);
      if (ahead && index + kGroup < rows.count) prefetch_row(row_address(rows, index + kGroup), bytes);
    }
    const std::size_t left = rows.count - first;
    body(row, first, left < kGroup ? left : kGroup);
  }
}

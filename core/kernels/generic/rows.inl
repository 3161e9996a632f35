// The walk over a batch of rows that every kernel shares.
//
// The files of this folder are the kernels' one text. Each instruction-set file defines its vector types and their
// operations inside an unnamed namespace and then includes the text there, so that nothing is shared between
// differently compiled copies: everything is local to its object file. That is also why the text uses nothing of the
// standard library and calls no inline function of a header: the linker keeps one copy of such a function, perhaps the
// one compiled for AVX-512, and gives it to everyone.

inline const Byte* row_address(const Rows& rows, std::size_t index) {
  const std::size_t row = rows.rows == nullptr ? index : rows.rows[index];
  return static_cast<const Byte*>(rows.base) + row * rows.stride;
}

// Rows in order are fetched ahead by the processor itself; listed rows it cannot foresee. Of long rows only the first
// 1024 bytes are asked for: the processor follows from there.
inline void prefetch_row(const Byte* row, std::size_t bytes) {
  const std::size_t ahead = bytes < 1024 ? bytes : 1024;
  for (std::size_t offset = 0; offset < ahead; offset += 64) prefetch(row + offset);
}

// Calls body(row, first, live) for kGroup rows at a time: row[0 .. kGroup-1] are their addresses, `first` the place of
// the first in the batch, and `live` how many of them count. Where fewer than kGroup are left, the last is repeated: a
// row more costs nothing beside the latency of the sums, and there is only one loop to get right.
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

// The greatest of the sums of a vector with the columns of a matrix, and which column it is.
//
// Needs, besides what project.inl needs:
//   keep_greater(Floats& greatest, Floats& places, Floats values, Floats place): keeps a value and its place where it
//   is greater
//   kNearestTogether: vectors whose sums, greatest sums and places fit in the registers

template <std::size_t kVectors>
inline void nearest_tile(const float* vectors, std::size_t stride, const ColumnSet& columns, std::uint32_t* nearest,
                         float* sums_to) {
  Floats greatest[kVectors];
  Floats places[kVectors];
  for (std::size_t i = 0; i < kVectors; ++i) greatest[i] = every_float(-kLargestFloat);
  for (std::size_t i = 0; i < kVectors; ++i) places[i] = no_floats();
  for (std::size_t column = 0; column < columns.count; column += kFloats) {
    Floats sums[kVectors];
    const Floats offsets = load_floats(columns.offsets + column);
    for (std::size_t i = 0; i < kVectors; ++i) sums[i] = offsets;
    for (std::size_t j = 0; j < columns.dims; ++j) {
      const Floats weights = load_floats(columns.matrix + j * columns.count + column);
      for (std::size_t i = 0; i < kVectors; ++i)
        sums[i] = multiply_add_floats(every_float(vectors[i * stride + j]), weights, sums[i]);
    }
    const Floats place = every_float(static_cast<float>(column));
    for (std::size_t i = 0; i < kVectors; ++i) keep_greater(greatest[i], places[i], sums[i], place);
  }
  for (std::size_t i = 0; i < kVectors; ++i) {
    float lanes[kFloats];
    float their[kFloats];
    store_floats(lanes, greatest[i]);
    store_floats(their, places[i]);
    float most = lanes[0];
    for (std::size_t lane = 1; lane < kFloats; ++lane) most = lanes[lane] > most ? lanes[lane] : most;
    std::uint32_t first = 0xFFFF'FFFFu;
    for (std::size_t lane = 0; lane < kFloats; ++lane) {
      const std::uint32_t number = static_cast<std::uint32_t>(their[lane]) + static_cast<std::uint32_t>(lane);
      if (lanes[lane] >= most && number < first) first = number;
    }
    nearest[i] = first;
    sums_to[i] = most;
  }
}

template <std::size_t kVectors>
inline void nearest_rest(const float* vectors, std::size_t stride, std::size_t count, const ColumnSet& columns,
                         std::uint32_t* nearest, float* sums) {
  if (count == kVectors) {
    nearest_tile<kVectors>(vectors, stride, columns, nearest, sums);
  } else if constexpr (kVectors > 1) {
    nearest_rest<kVectors - 1>(vectors, stride, count, columns, nearest, sums);
  }
}

inline void nearest_columns(const float* vectors, std::size_t stride, std::size_t count, const ColumnSet& columns,
                            std::uint32_t* nearest, float* sums) {
  std::size_t i = 0;
  for (; i + kNearestTogether <= count; i += kNearestTogether)
    nearest_tile<kNearestTogether>(vectors + i * stride, stride, columns, nearest + i, sums + i);
  nearest_rest<kNearestTogether - 1>(vectors + i * stride, stride, count - i, columns, nearest + i, sums + i);
}

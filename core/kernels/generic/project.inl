// A small dense product: vectors times a matrix, in float32.
//
// The vector is sixteen floats and needs:
//   Floats no_floats(), load_floats(from), every_float(value), add_floats(a, b), multiply_add_floats(a, b, sum)
//   void store_floats(to, floats)
//   kProjectedTogether: vectors whose sums fit in the registers
// multiply_add_floats may round once or twice, so sums agree between instruction sets only to within the contract's
// bound.

inline constexpr std::size_t kFloats = 16;
// Dimensions summed separately before they join the total: shorter chains accumulate less rounding.
inline constexpr std::size_t kSumBlock = 64;

template <std::size_t kVectors>
inline void project_tile(const float* vectors, std::size_t dims, const float* matrix, std::size_t outputs, float* out) {
  for (std::size_t column = 0; column < outputs; column += kFloats) {
    Floats whole[kVectors];
    for (std::size_t i = 0; i < kVectors; ++i) whole[i] = no_floats();
    for (std::size_t first = 0; first < dims; first += kSumBlock) {
      const std::size_t last = first + kSumBlock < dims ? first + kSumBlock : dims;
      Floats sums[kVectors];
      for (std::size_t i = 0; i < kVectors; ++i) sums[i] = no_floats();
      for (std::size_t j = first; j < last; ++j) {
        const Floats weights = load_floats(matrix + j * outputs + column);
        for (std::size_t i = 0; i < kVectors; ++i) {
          sums[i] = multiply_add_floats(every_float(vectors[i * dims + j]), weights, sums[i]);
        }
      }
      for (std::size_t i = 0; i < kVectors; ++i) whole[i] = add_floats(whole[i], sums[i]);
    }
    for (std::size_t i = 0; i < kVectors; ++i) store_floats(out + i * outputs + column, whole[i]);
  }
}

// Projects the last few vectors together, too.
template <std::size_t kVectors>
inline void project_rest(const float* vectors, std::size_t count, std::size_t dims, const float* matrix,
                         std::size_t outputs, float* out) {
  if (count == kVectors) {
    project_tile<kVectors>(vectors, dims, matrix, outputs, out);
  } else if constexpr (kVectors > 1) {
    project_rest<kVectors - 1>(vectors, count, dims, matrix, outputs, out);
  }
}

// Projects several vectors at a time, which share each load of the matrix, as many as the registers allow. A vector's
// sums do not depend on which others are computed with it.
inline void project(const float* vectors, std::size_t count, std::size_t dims, const float* matrix, std::size_t outputs,
                    float* out) {
  std::size_t i = 0;
  for (; i + kProjectedTogether <= count; i += kProjectedTogether)
    project_tile<kProjectedTogether>(vectors + i * dims, dims, matrix, outputs, out + i * outputs);
  project_rest<kProjectedTogether - 1>(vectors + i * dims, count - i, dims, matrix, outputs, out + i * outputs);
}

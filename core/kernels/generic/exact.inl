// Exact distances between a float64 query and rows of any element type: rows are widened to double (always exact) and
// summed in double.
//
// The vector is eight doubles on every instruction set, in as many registers as that takes, so that all of them add in
// the same order and differ only by fused multiplication. It needs:
//   Doubles zero(), subtract(a, b), absolute(a), multiply_add(a, b, sum), and double total(a)
//   Doubles load(Tag, from): loads eight elements
//   Doubles load_end(Tag, row, whole, dims): loads the elements from `whole` (dims rounded down to a multiple of eight)
//     to dims, and zeros; which lanes they occupy depends on dims alone, so that query and row agree
//   double square_root(double)

inline constexpr std::size_t kDoubles = 8;

// Rows per group: they share the loads of the query, and their sums do not wait for one another. All of a group's
// results are computed and only `live` of them are written: a loop over `live` sums would index them, and so force them
// into memory.
inline constexpr std::size_t kExactGroup = 4;

struct AddProduct {
  static Doubles step(Doubles sum, Doubles query, Doubles row) { return multiply_add(query, row, sum); }
};
struct AddSquaredDifference {
  static Doubles step(Doubles sum, Doubles query, Doubles row) {
    const Doubles difference = subtract(query, row);
    return multiply_add(difference, difference, sum);
  }
};
struct AddDifference {
  static Doubles step(Doubles sum, Doubles query, Doubles row) { return add(sum, absolute(subtract(query, row))); }
};

template <class Tag, class Step>
void real_rows(const double* query, Rows rows, std::size_t dims, double* out) {
  const std::size_t whole = dims / kDoubles * kDoubles;
  for_row_groups<kExactGroup>(rows, dims * Tag::kBytes,
                              [=](const Byte* const* row, std::size_t first, std::size_t live) {
                                Doubles sums[kExactGroup] = {zero(), zero(), zero(), zero()};
                                for (std::size_t j = 0; j < whole; j += kDoubles) {
                                  const Doubles part = load(F64{}, query + j);
                                  for (std::size_t i = 0; i < kExactGroup; ++i) {
                                    sums[i] = Step::step(sums[i], part, load(Tag{}, row[i] + j * Tag::kBytes));
                                  }
                                }
                                if (whole < dims) {
                                  const Doubles part = load_end(F64{}, query, whole, dims);
                                  for (std::size_t i = 0; i < kExactGroup; ++i) {
                                    sums[i] = Step::step(sums[i], part, load_end(Tag{}, row[i], whole, dims));
                                  }
                                }
                                double results[kExactGroup];
                                for (std::size_t i = 0; i < kExactGroup; ++i) results[i] = total(sums[i]);
                                for (std::size_t i = 0; i < live; ++i) out[first + i] = results[i];
                              });
}

// Computes the product and the row's own norm in the same pass. Two rows per group, because each needs two sums.
template <class Tag>
void real_projection(const double* query, Rows rows, std::size_t dims, double* out) {
  constexpr std::size_t kGroup = 2;
  const std::size_t whole = dims / kDoubles * kDoubles;
  for_row_groups<kGroup>(rows, dims * Tag::kBytes, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    Doubles products[kGroup] = {zero(), zero()};
    Doubles squares[kGroup] = {zero(), zero()};
    for (std::size_t j = 0; j < whole; j += kDoubles) {
      const Doubles part = load(F64{}, query + j);
      for (std::size_t i = 0; i < kGroup; ++i) {
        const Doubles values = load(Tag{}, row[i] + j * Tag::kBytes);
        products[i] = multiply_add(part, values, products[i]);
        squares[i] = multiply_add(values, values, squares[i]);
      }
    }
    if (whole < dims) {
      const Doubles part = load_end(F64{}, query, whole, dims);
      for (std::size_t i = 0; i < kGroup; ++i) {
        const Doubles values = load_end(Tag{}, row[i], whole, dims);
        products[i] = multiply_add(part, values, products[i]);
        squares[i] = multiply_add(values, values, squares[i]);
      }
    }
    double results[kGroup];
    for (std::size_t i = 0; i < kGroup; ++i) {
      const double square = total(squares[i]);
      results[i] = square == 0.0 ? 0.0 : total(products[i]) / square_root(square);
    }
    for (std::size_t i = 0; i < live; ++i) out[first + i] = results[i];
  });
}

template <class Tag>
inline constexpr RealKernels kReal = {real_rows<Tag, AddProduct>, real_rows<Tag, AddSquaredDifference>,
                                      real_rows<Tag, AddDifference>, real_projection<Tag>};

// Distances between byte vectors, in int32: exact for every input, because 255 * 255 * kMaxDims is below 2^32 and sums
// of squares are never negative. Sums of signed products stay within 2^31.
//
// The vector of kBytes bytes needs the following in addition to what bits.inl lists:
//   Bytes load_bytes(from), and load_bytes_end(row, whole, dims), as load and load_end in exact.inl
//   Bytes every_byte(value), exclusive_or(a, b)
//   Sums no_sums(), add_squares(sums, a, b), add_differences(sums, a, b): of u8 with u8
//   std::uint32_t total(sums), modulo 2^32
//   three products, DotU8U8, DotI8I8 and DotU8S8 (a row of u8, a query of s8), each with
//     kRowFlip: xor-ed into the row before step(sums, query, row), to convert it to the type that the instruction
//       multiplies
//     kQueryFactor: how many times the query's sum has to be added back to the result: 128 where step sees row - 128
//     kUnsigned: whether the sum of step's products is unsigned

inline constexpr std::size_t kByteGroup = 4;

// Returns the correction to add to a sum of step's products. Bytes are summed as differences from the smallest byte
// value.
template <class Product, class Query>
inline std::int64_t correction(const Query* query, std::size_t dims) {
  if (Product::kQueryFactor == 0) return 0;
  constexpr bool kSigned = static_cast<Query>(-1) < 0;
  const Bytes flip = every_byte(kSigned ? 0x80 : 0);
  const Bytes least = every_byte(0);
  const std::size_t whole = dims / kBytes * kBytes;
  Sums sums = no_sums();
  for (std::size_t j = 0; j < whole; j += kBytes) {
    sums = add_differences(sums, exclusive_or(load_bytes(query + j), flip), least);
  }
  std::int64_t sum = total(sums);
  for (std::size_t j = whole; j < dims; ++j) sum += query[j] + (kSigned ? 128 : 0);
  return (sum - (kSigned ? 128 * static_cast<std::int64_t>(dims) : 0)) * Product::kQueryFactor;
}

// Reads the sum as signed or unsigned: only unsigned products can exceed 2^31.
template <class Product>
inline std::int64_t product_total(Sums sums) {
  const std::uint32_t sum = total(sums);
  return Product::kUnsigned ? static_cast<std::int64_t>(sum) : static_cast<std::int32_t>(sum);
}

// Computes products. Queries are padded with zeros and never flipped, so a flipped padding byte of a row adds nothing.
template <class Product, class Query, class Out>
inline void dot_rows(const Query* query, const Rows& rows, std::size_t dims, Byte flip, Out* out) {
  const std::size_t whole = dims / kBytes * kBytes;
  const Bytes mask = every_byte(static_cast<Byte>(flip ^ Product::kRowFlip));
  const std::int64_t missing = correction<Product>(query, dims);
  for_row_groups<kByteGroup>(rows, dims, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    Sums sums[kByteGroup] = {no_sums(), no_sums(), no_sums(), no_sums()};
    for (std::size_t j = 0; j < whole; j += kBytes) {
      const Bytes part = load_bytes(query + j);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        sums[i] = Product::step(sums[i], part, exclusive_or(load_bytes(row[i] + j), mask));
      }
    }
    if (whole < dims) {
      const Bytes part = load_bytes_end(query, whole, dims);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        const Bytes values = load_bytes_end(row[i], whole, dims);
        sums[i] = Product::step(sums[i], part, exclusive_or(values, mask));
      }
    }
    Out results[kByteGroup];
    for (std::size_t i = 0; i < kByteGroup; ++i) {
      results[i] = static_cast<Out>(product_total<Product>(sums[i]) + missing);
    }
    for (std::size_t i = 0; i < live; ++i) out[first + i] = results[i];
  });
}

template <class Product, class Query>
void integer_dot(const void* query, Rows rows, std::size_t dims, double* out) {
  dot_rows<Product>(static_cast<const Query*>(query), rows, dims, 0, out);
}

struct SquaredDifferences {
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_squares(sums, query, row); }
};
struct Differences {
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_differences(sums, query, row); }
};

// Computes sums of differences. kFlip = 0x80 turns both sides from s8 into u8, which leaves the differences unchanged.
template <class Step, Byte kFlip>
void integer_distance(const void* query, Rows rows, std::size_t dims, double* out) {
  const Byte* const values = static_cast<const Byte*>(query);
  const std::size_t whole = dims / kBytes * kBytes;
  const Bytes mask = every_byte(kFlip);
  for_row_groups<kByteGroup>(rows, dims, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    Sums sums[kByteGroup] = {no_sums(), no_sums(), no_sums(), no_sums()};
    for (std::size_t j = 0; j < whole; j += kBytes) {
      const Bytes part = exclusive_or(load_bytes(values + j), mask);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        sums[i] = Step::step(sums[i], part, exclusive_or(load_bytes(row[i] + j), mask));
      }
    }
    if (whole < dims) {
      const Bytes part = exclusive_or(load_bytes_end(values, whole, dims), mask);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        sums[i] = Step::step(sums[i], part, exclusive_or(load_bytes_end(row[i], whole, dims), mask));
      }
    }
    double results[kByteGroup];
    for (std::size_t i = 0; i < kByteGroup; ++i) results[i] = static_cast<double>(total(sums[i]));
    for (std::size_t i = 0; i < live; ++i) out[first + i] = results[i];
  });
}

// Computes the product and the row's own norm in the same pass: the square of the norm is the squared distance to the
// zero vector.
template <class Product, class Query, Byte kFlip>
void integer_projection(const void* query, Rows rows, std::size_t dims, double* out) {
  const Query* const values = static_cast<const Query*>(query);
  const std::size_t whole = dims / kBytes * kBytes;
  const Bytes mask = every_byte(Product::kRowFlip);
  const Bytes origin = every_byte(kFlip);
  const std::int64_t missing = correction<Product>(values, dims);
  for_row_groups<kByteGroup>(rows, dims, [=](const Byte* const* row, std::size_t first, std::size_t live) {
    Sums products[kByteGroup] = {no_sums(), no_sums(), no_sums(), no_sums()};
    Sums squares[kByteGroup] = {no_sums(), no_sums(), no_sums(), no_sums()};
    for (std::size_t j = 0; j < whole; j += kBytes) {
      const Bytes part = load_bytes(values + j);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        const Bytes bytes = load_bytes(row[i] + j);
        products[i] = Product::step(products[i], part, exclusive_or(bytes, mask));
        squares[i] = add_squares(squares[i], exclusive_or(bytes, origin), origin);
      }
    }
    if (whole < dims) {
      const Bytes part = load_bytes_end(values, whole, dims);
      for (std::size_t i = 0; i < kByteGroup; ++i) {
        const Bytes bytes = load_bytes_end(row[i], whole, dims);
        products[i] = Product::step(products[i], part, exclusive_or(bytes, mask));
        squares[i] = add_squares(squares[i], exclusive_or(bytes, origin), origin);
      }
    }
    double results[kByteGroup];
    for (std::size_t i = 0; i < kByteGroup; ++i) {
      const double square = static_cast<double>(total(squares[i]));
      const double product = static_cast<double>(product_total<Product>(products[i]) + missing);
      results[i] = square == 0.0 ? 0.0 : product / square_root(square);
    }
    for (std::size_t i = 0; i < live; ++i) out[first + i] = results[i];
  });
}

inline constexpr IntegerKernels kIntegerU8 = {integer_dot<DotU8U8, std::uint8_t>,
                                              integer_distance<SquaredDifferences, 0>, integer_distance<Differences, 0>,
                                              integer_projection<DotU8U8, std::uint8_t, 0>};
inline constexpr IntegerKernels kIntegerI8 = {
    integer_dot<DotI8I8, std::int8_t>, integer_distance<SquaredDifferences, 0x80>, integer_distance<Differences, 0x80>,
    integer_projection<DotI8I8, std::int8_t, 0x80>};

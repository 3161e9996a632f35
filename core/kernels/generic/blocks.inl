// Float32 distances to sixteen rows, or to sixteen boxes, stored one dimension after another.
//
// The vector is that of project.inl and also needs:
//   Floats subtract_floats(a, b), absolute_floats(a), larger_floats(a, b)
//   unsigned floats_within(floats, limit): bit r is set where lane r is at most `limit`, and not where it is NaN
//   unsigned least_floats(floats): bits of the lanes that are the smallest
// Rows and boxes take the same steps, each of which rounds monotonically: a box is never farther than a row inside it.

struct SquaredTerm {
  static Floats add(Floats difference, Floats sum) { return multiply_add_floats(difference, difference, sum); }
};
struct AbsoluteTerm {
  static Floats add(Floats difference, Floats sum) { return add_floats(sum, absolute_floats(difference)); }
};

template <class Term>
unsigned block_rows(const float* query, const float* block, std::size_t dims, float limit, float* out) {
  Floats sum = no_floats();
  for (std::size_t j = 0; j < dims; ++j)
    sum = Term::add(subtract_floats(load_floats(block + j * kFloats), every_float(query[j])), sum);
  store_floats(out, sum);
  return floats_within(sum, limit);
}

// A box is as far in a dimension as its low is above the query or its high below, if either is.
template <class Term>
unsigned block_boxes(const float* query, const float* boxes, std::size_t dims, float limit, float* out) {
  Floats sum = no_floats();
  for (std::size_t j = 0; j < dims; ++j) {
    const Floats value = every_float(query[j]);
    const Floats below = subtract_floats(load_floats(boxes + 2 * j * kFloats), value);
    const Floats above = subtract_floats(value, load_floats(boxes + (2 * j + 1) * kFloats));
    sum = Term::add(larger_floats(larger_floats(below, above), no_floats()), sum);
  }
  store_floats(out, sum);
  return floats_within(sum, limit);
}

inline unsigned least_of_block(const float* values) { return least_floats(load_floats(values)); }

constexpr BlockKernels kBlockKernels = {block_rows<SquaredTerm>, block_rows<AbsoluteTerm>, block_boxes<SquaredTerm>,
                                        block_boxes<AbsoluteTerm>, least_of_block};

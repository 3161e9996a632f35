// Coordinates relative to a centre, as bytes. Compilers vectorise these loops for each instruction set.

inline LocalTerms local_bytes(const std::int16_t* values, const std::int32_t* centre, std::size_t dims, float factor,
                              std::int8_t* bytes) {
  const auto most = static_cast<std::int32_t>(kMaxLocalByte / factor);
  for (std::size_t j = 0; j < dims; ++j) {
    std::int32_t value = values[j] - centre[j];
    value = value < most ? value : most;
    value = value > -most ? value : -most;
    // Rounds to a whole number: 1.5 * 2^23 leaves no room for a fraction, and the low byte is that of the number.
    const float scaled = static_cast<float>(value) * factor + 0x1.8p23f;
    bytes[j] = static_cast<std::int8_t>(__builtin_bit_cast(std::uint32_t, scaled));
  }
  LocalTerms terms{0, 0};
  for (std::size_t j = 0; j < dims; ++j) {
    terms.square += bytes[j] * bytes[j];
    terms.sum += bytes[j];
  }
  return terms;
}

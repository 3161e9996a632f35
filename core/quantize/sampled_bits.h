// Binary codes of binary vectors: some of their bits, chosen at random. Two vectors that differ in a fraction of their
// bits differ in about that fraction of the sample (bit sampling: Indyk and Motwani, "Approximate nearest neighbors:
// towards removing the curse of dimensionality", STOC 1998).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

// Returns the positions of `bits` of `dims` bits: each once, in order, if there are as many; the others are drawn
// again.
std::vector<std::uint32_t> sample_positions(std::size_t dims, std::size_t bits, std::uint64_t seed);

// Writes the bits at these positions of each row of bits in words, the first lowest: words_of(positions.size()) each.
void encode_bits(std::span<const std::uint32_t> positions, MatrixView rows, std::uint64_t* codes);

void write_positions(storage::Writer& writer, std::span<const std::uint32_t> positions);
// Reads the positions among `dims` bits. Throws CorruptFileError.
std::span<const std::uint32_t> read_positions(const storage::File& file, std::size_t dims);

}  // namespace nearabout::quantize

#include "quantize/sampled_bits.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "quantize/binary_codes.h"
#include "storage/items.h"
#include "storage/numbers.h"

namespace nearabout::quantize {

using storage::SectionId;

std::vector<std::uint32_t> sample_positions(std::size_t dims, std::size_t bits, std::uint64_t seed) {
  Random random(0xB175 + seed);
  std::vector<std::uint32_t> positions;
  std::vector<std::uint32_t> all(dims);
  std::iota(all.begin(), all.end(), 0u);
  while (positions.size() < bits) {
    const std::size_t wanted = std::min(bits - positions.size(), dims);
    for (std::size_t i = 0; i < wanted; ++i) std::swap(all[i], all[i + random.next() % (dims - i)]);
    const auto begin = static_cast<std::ptrdiff_t>(positions.size());
    positions.insert(positions.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted));
    std::sort(positions.begin() + begin, positions.end());
  }
  return positions;
}

void encode_bits(std::span<const std::uint32_t> positions, MatrixView rows, std::uint64_t* codes) {
  const std::size_t words = words_of(positions.size());
  std::fill_n(codes, rows.rows * words, std::uint64_t{0});
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const std::uint8_t* const row = storage::bytes_of(rows.row(i));
    for (std::size_t b = 0; b < positions.size(); ++b) {
      const std::uint64_t bit = row[positions[b] / 8] >> positions[b] % 8 & 1;
      codes[i * words + b / kWordBits] |= bit << b % kWordBits;
    }
  }
}

void write_positions(storage::Writer& writer, std::span<const std::uint32_t> positions) {
  writer.add<std::uint32_t>(SectionId::sampled_bits, {1, positions.size()}, positions);
}

std::span<const std::uint32_t> read_positions(const storage::File& file, std::size_t dims) {
  const storage::Section& section = file.section(SectionId::sampled_bits);
  const std::uint64_t bits = section.shape().columns;
  section.expect(Element::u32, {1, bits});
  if (bits == 0) storage::throw_count(file, section, 0, "at least one position", bits);
  const std::span<const std::uint32_t> positions = section.all<std::uint32_t>();
  for (std::size_t b = 0; b < positions.size(); ++b)
    if (positions[b] >= dims) storage::throw_count(file, section, b, "the position of a bit", positions[b]);
  return positions;
}

}  // namespace nearabout::quantize

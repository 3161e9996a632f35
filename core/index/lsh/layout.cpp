// Reads hashes from their file: see docs/explanation/file-format.md.
#include "index/lsh/layout.h"

#include <string>

#include "base/error.h"
#include "index/lsh/header.h"
#include "kernels/kernels.h"
#include "quantize/sampled_bits.h"
#include "quantize/transform_file.h"
#include "storage/numbers.h"
#include "transform/space.h"

namespace nearabout::lsh {
namespace {

using metric::Metric;
using storage::Section;
using storage::SectionId;

void read_header(LshLayout& layout) {
  const Section& section = layout.file.section(SectionId::hash_header);
  section.expect(Element::u64, {1, section.shape().columns});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  if (header.size() < kFixedFields || header[kTables] > kMaxTables || header.size() != kFixedFields + header[kTables])
    storage::throw_count(layout.file, section, 0, "3 numbers and one for each table", header.size());
  HashSettings& settings = layout.settings;
  settings = {Hashing::bits, header[kBits], header[kTables], header[kSeed]};
  const std::size_t most = settings.tables == 0 ? quantize::kMaxCodeBits : kMaxKeyBits;
  if (settings.bits == 0 || settings.bits > most || settings.all_bits() > quantize::kMaxCodeBits)
    storage::throw_count(layout.file, section, kBits, "1 to " + std::to_string(most) + " bits", header[kBits]);
  std::size_t first = 0;
  for (std::size_t place = kFixedFields; place < header.size(); ++place) {
    if (header[place] == 0 || header[place] > layout.row_count())
      storage::throw_count(layout.file, section, place, "at most as many buckets as rows", header[place]);
    layout.tables.push_back({first, header[place]});
    first += header[place];
  }
}

[[noreturn]] void throw_bits(const LshLayout& layout, const char* what, std::uint64_t found) {
  const Section& section = layout.file.section(SectionId::hash_header);
  storage::throw_count(layout.file, section, kBits, std::to_string(found) + " bits in all, as section " + what + " has",
                       layout.settings.all_bits());
}

void read_planes(LshLayout& layout) {
  const std::optional<transform::CodeSpace> space = transform::code_space_of(layout.descriptor.metric);
  if (!space) {
    layout.positions = quantize::read_positions(layout.file, layout.descriptor.dims);
    if (layout.positions.size() != layout.settings.all_bits())
      throw_bits(layout, "sampled_bits", layout.positions.size());
    return;
  }
  layout.transform = quantize::read_transform(layout.file, *space, layout.descriptor.dims).transform;
  const quantize::StoredBinaryCodes stored = quantize::read_binary_codes(layout.file, layout.transform.outputs());
  layout.settings.hashing = stored.planes == quantize::Planes::itq ? Hashing::itq : Hashing::hyperplanes;
  layout.planes = stored.codes;
  if (layout.planes.bits() != layout.settings.all_bits()) throw_bits(layout, "binary_header", layout.planes.bits());
}

void read_tables(LshLayout& layout) {
  const storage::File& file = layout.file;
  const std::uint64_t buckets = layout.tables.back().first + layout.tables.back().buckets;
  layout.keys = &file.section(SectionId::hash_keys);
  layout.keys->expect(Element::u32, {buckets, 1});
  layout.ends = &file.section(SectionId::hash_ends);
  layout.ends->expect(Element::u32, {buckets, 1});
  layout.rows = &file.section(SectionId::hash_rows);
  layout.rows->expect(Element::u32, {layout.tables.size(), layout.row_count()});
}

void verify_table(const LshLayout& layout, std::size_t number) {
  const HashTable& table = layout.tables[number];
  const std::span<const std::uint32_t> keys = layout.keys->items<std::uint32_t>(table.first, table.buckets);
  const std::span<const std::uint32_t> ends = layout.ends->items<std::uint32_t>(table.first, table.buckets);
  for (std::size_t b = 0; b < table.buckets; ++b) {
    if (b > 0 && keys[b] <= keys[b - 1])
      storage::throw_count(layout.file, *layout.keys, table.first + b, "a larger key than the one before", keys[b]);
    if (ends[b] <= (b > 0 ? ends[b - 1] : 0))
      storage::throw_count(layout.file, *layout.ends, table.first + b, "an end behind the one before", ends[b]);
  }
  const std::size_t count = layout.row_count();
  if (ends.back() != count)
    storage::throw_count(layout.file, *layout.ends, table.first + table.buckets - 1, "the number of rows", ends.back());
  std::vector<bool> seen(count, false);
  const std::span<const std::uint32_t> rows = layout.rows->items<std::uint32_t>(number * count, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i] >= count || seen[rows[i]])
      storage::throw_count(layout.file, *layout.rows, number * count + i, "a row that exists and occurs once", rows[i]);
    seen[rows[i]] = true;
  }
}

}  // namespace

std::size_t LshLayout::block_count() const { return (row_count() + kernels::kCodeRows - 1) / kernels::kCodeRows; }

LshLayout read_lsh_layout(const storage::File& file, const index::Descriptor& descriptor) {
  if (descriptor.metric != Metric::hamming && !transform::code_space_of(descriptor.metric))
    throw CorruptFileError(file.name() + " is corrupt: it claims to have hashes with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which hashing does not support. Copy or build it again.");
  LshLayout layout{file, descriptor};
  layout.vectors = &file.section(SectionId::vectors);
  if (layout.row_count() == 0) return layout;
  read_header(layout);
  read_planes(layout);
  if (layout.settings.tables > 0) {
    read_tables(layout);
    return layout;
  }
  layout.codes = &file.section(SectionId::hash_codes);
  layout.codes->expect(Element::u64, {layout.block_count(), kernels::kCodeRows * layout.words()});
  return layout;
}

void verify_tables(const LshLayout& layout, const Monitor& monitor) {
  for (std::size_t number = 0; number < layout.tables.size(); ++number) {
    report(monitor, static_cast<double>(number) / static_cast<double>(layout.tables.size()));
    verify_table(layout, number);
  }
}

}  // namespace nearabout::lsh

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"
#include "storage/key_map.h"
#include "storage/key_table.h"

namespace nearabout::storage {
namespace {

constexpr std::size_t kMaxFileKeys = std::numeric_limits<std::uint32_t>::max();

// Returns a key as shown in messages: quoted, control characters escaped, cut after 40 bytes (but not inside a
// character).
std::string quoted(std::string_view key) {
  constexpr std::size_t kShownCharacters = 40;
  constexpr char kDigits[] = "0123456789abcdef";
  std::size_t shown = std::min(key.size(), kShownCharacters);
  while (shown < key.size() && shown > 0 && (static_cast<unsigned char>(key[shown]) & 0xC0) == 0x80) --shown;
  std::string text = "\"";
  for (const char character : key.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      text += {'\\', character};
    } else if (byte < 0x20 || byte == 0x7F) {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      text += character;
    }
  }
  text += '"';
  if (shown < key.size()) text += "... (" + std::to_string(key.size()) + " bytes)";
  return text;
}

std::string_view key_at(std::span<const std::byte> blob, std::span<const std::uint64_t> offsets, std::size_t row) {
  return {reinterpret_cast<const char*>(blob.data()) + offsets[row],
          static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

void check_offsets(std::span<const std::byte> blob, std::span<const std::uint64_t> offsets) {
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != blob.size() ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    throw InvalidInputError("the offsets of keys must ascend from 0 to the number of bytes of all keys, " +
                            std::to_string(blob.size()) + ", and there must be one more offset than keys");
}

}  // namespace

KeyMapBuilder KeyMapBuilder::strings(std::span<const std::byte> blob, std::span<const std::uint64_t> offsets) {
  check_offsets(blob, offsets);
  KeyMapBuilder builder;
  builder.kind_ = KeyKind::strings;
  builder.blob_ = blob;
  builder.offsets_ = offsets;
  const auto key = [&](std::size_t row) { return key_at(blob, offsets, row); };
  builder.insert_all(
      offsets.size() - 1, [&](std::size_t row) { return table::hash_bytes(key(row).data(), key(row).size()); },
      [&](std::size_t left, std::size_t right) { return key(left) == key(right); },
      [&](std::size_t row) { return quoted(key(row)); });
  return builder;
}

KeyMapBuilder KeyMapBuilder::integers(std::span<const std::int64_t> numbers) {
  KeyMapBuilder builder;
  builder.kind_ = KeyKind::integers;
  builder.numbers_ = numbers;
  builder.insert_all(
      numbers.size(), [&](std::size_t row) { return table::hash_number(numbers[row]); },
      [&](std::size_t left, std::size_t right) { return numbers[left] == numbers[right]; },
      [&](std::size_t row) { return std::to_string(numbers[row]); });
  return builder;
}

// Inserts keys in order of rows, so that in files sorted by frequency the common keys come first in their probe
// sequences.
template <class HashOf, class Same, class Name>
void KeyMapBuilder::insert_all(std::size_t count, HashOf hash_of, Same same, Name name) {
  if (count > kMaxFileKeys)
    throw InvalidInputError(std::to_string(count) + " keys were given; an index holds at most 4294967295 rows");
  const std::uint64_t groups = table::groups_for(count);
  tags_.assign(groups * table::kGroup, 0);
  slots_.assign(groups * table::kGroup, 0);
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint64_t hash = hash_of(row);
    std::uint64_t group = table::first_group(hash, groups);
    for (;;) {
      const std::uint64_t place = group * table::kGroup;
      const std::uint64_t tags = table::load_tags(tags_.data() + place);
      for (std::uint64_t hits = table::matches(tags, table::tag_of(hash)); hits != 0; hits &= hits - 1) {
        const std::uint32_t earlier = slots_[place + table::lowest(hits)];
        if (same(earlier, row))
          throw InvalidInputError(
              "keys must be unique: " + name(row) + " is the key of row " + std::to_string(earlier) +
              " and again of row " + std::to_string(row) +
              ". Remove or rename one of them. Labels that several rows share are not keys: build without "
              "keys, and look the labels up by row number, labels[hits.rows].");
      }
      if (const std::uint64_t free = table::empties(tags); free != 0) {
        const std::uint64_t slot = place + table::lowest(free);
        tags_[slot] = table::tag_of(hash);
        slots_[slot] = static_cast<std::uint32_t>(row);
        break;
      }
      group = group + 1 == groups ? 0 : group + 1;
    }
  }
}

void KeyMapBuilder::write(Writer& writer) const {
  if (kind_ == KeyKind::integers) {
    writer.add(SectionId::key_numbers, {numbers_.size(), 1}, numbers_);
  } else {
    writer.add(SectionId::key_bytes, Element::u8, {blob_.size(), 1}, blob_);
    if (blob_.size() <= std::numeric_limits<std::uint32_t>::max()) {
      std::vector<std::uint32_t> narrow(offsets_.size());
      std::transform(offsets_.begin(), offsets_.end(), narrow.begin(),
                     [](std::uint64_t offset) { return static_cast<std::uint32_t>(offset); });
      writer.add<std::uint32_t>(SectionId::key_offsets, {narrow.size(), 1}, narrow);
    } else {
      writer.add(SectionId::key_offsets, {offsets_.size(), 1}, offsets_);
    }
  }
  const Shape shape{tags_.size() / table::kGroup, table::kGroup};
  writer.add<std::uint8_t>(SectionId::key_tags, shape, tags_);
  writer.add<std::uint32_t>(SectionId::key_slots, shape, slots_);
}

}  // namespace nearabout::storage

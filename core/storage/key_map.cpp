#include "storage/key_map.h"

#include <utility>

#include "base/error.h"
#include "storage/key_table.h"
#include "storage/validate.h"

namespace nearabout::storage {

KeyMap::KeyMap(std::shared_ptr<const File> file) : file_(std::move(file)) {
  if (file_->has(SectionId::key_bytes)) {
    open_strings();
  } else if (file_->has(SectionId::key_numbers)) {
    open_integers();
  } else {
    return;
  }
  if (size_ > 0xFFFFFFFF)
    throw_corrupt(file_->name(), "the number of keys", keys_->offset(), "below 2^32", std::to_string(size_));
  open_table();
}

void KeyMap::open_strings() {
  kind_ = KeyKind::strings;
  keys_ = &file_->section(SectionId::key_bytes);
  offsets_ = &file_->section(SectionId::key_offsets);
  keys_->expect(Element::u8, {keys_->shape().rows, 1});
  wide_offsets_ = offsets_->element() == Element::u64;
  offsets_->expect(wide_offsets_ ? Element::u64 : Element::u32, {offsets_->shape().rows, 1});
  if (offsets_->shape().rows == 0)
    throw_corrupt(file_->name(), "the number of rows of section key_offsets", offsets_->offset(),
                  "one more than the number of keys", "0");
  size_ = offsets_->shape().rows - 1;
}

void KeyMap::open_integers() {
  kind_ = KeyKind::integers;
  keys_ = &file_->section(SectionId::key_numbers);
  keys_->expect(Element::i64, {keys_->shape().rows, 1});
  size_ = keys_->shape().rows;
}

void KeyMap::open_table() {
  tags_ = &file_->section(SectionId::key_tags);
  slots_ = &file_->section(SectionId::key_slots);
  groups_ = table::groups_for(size_);
  tags_->expect(Element::u8, {groups_, table::kGroup});
  slots_->expect(Element::u32, {groups_, table::kGroup});
}

// Probes groups in turn, starting from the hash's own, until one has an empty slot: a key is always stored in the first
// empty slot of that sequence. A table without empty slots, which only a forged file can have, ends the search after
// one round.
template <class Same>
std::optional<std::uint32_t> KeyMap::find(std::uint64_t hash, Same same) const {
  if (groups_ == 0) return std::nullopt;
  std::uint64_t group = table::first_group(hash, groups_);
  for (std::uint64_t probe = 0; probe < groups_; ++probe) {
    const std::uint64_t place = group * table::kGroup;
    slots_->fetch(place * sizeof(std::uint32_t));  // address known as soon as that of the tags: one wait instead of two
    const std::uint64_t tags = table::load_tags(tags_->checked(place, place + table::kGroup));
    for (std::uint64_t hits = table::matches(tags, table::tag_of(hash)); hits != 0; hits &= hits - 1) {
      const std::uint32_t row = slots_->items<std::uint32_t>(place + table::lowest(hits), 1)[0];
      if (row >= size_)
        throw_corrupt(file_->name(), "a row number in section key_slots", slots_->offset() + place * sizeof row,
                      "below " + std::to_string(size_), std::to_string(row));
      if (same(row)) return row;
    }
    if (table::empties(tags) != 0) return std::nullopt;
    group = group + 1 == groups_ ? 0 : group + 1;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> KeyMap::row_of(std::string_view key) const {
  if (kind_ != KeyKind::strings) return std::nullopt;
  return find(table::hash_bytes(key.data(), key.size()), [&](std::uint32_t row) { return string_key(row) == key; });
}

std::optional<std::uint32_t> KeyMap::row_of(std::int64_t key) const {
  if (kind_ != KeyKind::integers) return std::nullopt;
  return find(table::hash_number(key), [&](std::uint32_t row) { return integer_key(row) == key; });
}

std::uint64_t KeyMap::offset(std::uint64_t index) const {
  return wide_offsets_ ? offsets_->items<std::uint64_t>(index, 1)[0] : offsets_->items<std::uint32_t>(index, 1)[0];
}

std::string_view KeyMap::string_key(std::size_t row) const {
  if (kind_ != KeyKind::strings || row >= size_)
    throw InvalidInputError("row " + std::to_string(row) + " has no string key; there are " +
                            std::to_string(kind_ == KeyKind::strings ? size_ : 0) + " string keys");
  const std::uint64_t begin = offset(row);
  const std::uint64_t end = offset(row + 1);
  if (begin > end || end > keys_->length())
    throw_corrupt(file_->name(), "the end of key " + std::to_string(row) + " in section key_offsets",
                  offsets_->offset() + (row + 1) * (wide_offsets_ ? 8 : 4),
                  std::to_string(begin) + " to " + std::to_string(keys_->length()), std::to_string(end));
  return {reinterpret_cast<const char*>(keys_->checked(begin, end)), static_cast<std::size_t>(end - begin)};
}

std::int64_t KeyMap::integer_key(std::size_t row) const {
  if (kind_ != KeyKind::integers || row >= size_)
    throw InvalidInputError("row " + std::to_string(row) + " has no integer key; there are " +
                            std::to_string(kind_ == KeyKind::integers ? size_ : 0) + " integer keys");
  return keys_->items<std::int64_t>(row, 1)[0];
}

void KeyMap::verify(const Monitor& monitor) const {
  for (std::size_t row = 0; row < size_; ++row) {
    if (row % 65'536 == 0) report(monitor, static_cast<double>(row) / static_cast<double>(size_));
    const auto found = kind_ == KeyKind::strings ? row_of(string_key(row)) : row_of(integer_key(row));
    if (found != row)
      throw_corrupt(file_->name(), "the row found by the key of row " + std::to_string(row), slots_->offset(),
                    std::to_string(row), found ? std::to_string(*found) : "none");
  }
  report(monitor, 1.0);
}

}  // namespace nearabout::storage

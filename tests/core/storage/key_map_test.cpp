// Compares the key map with std::unordered_map, at sizes around a group of slots, and checks the effects of forged
// ones.
#include <random>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

constexpr std::size_t kCounts[] = {0, 1, 2, 7, 8, 9, 1'000, 100'000};

std::shared_ptr<const File> file_of(const KeyMapBuilder& builder) {
  Writer writer = Writer::to_memory();
  builder.write(writer);
  return load(image_of(*writer.finish()));
}

std::vector<std::string> random_words(std::size_t count) {
  std::mt19937_64 random(count);
  std::unordered_map<std::string, int> seen;
  std::vector<std::string> words;
  while (words.size() < count) {
    std::string word(5 + random() % 8, 'a');
    for (char& letter : word) letter = static_cast<char>('a' + random() % 26);
    if (seen.emplace(word, 0).second) words.push_back(word);
  }
  return words;
}

void test_strings_of_size(std::size_t count) {
  const std::vector<std::string> words = random_words(count);
  std::unordered_map<std::string, std::uint32_t> reference;
  for (std::size_t row = 0; row < count; ++row) reference.emplace(words[row], static_cast<std::uint32_t>(row));
  const PackedKeys packed(words);
  const KeyMap map(file_of(packed.builder()));
  CHECK(map.kind() == KeyKind::strings && map.size() == count);
  bool all = true;
  for (std::size_t row = 0; row < count; ++row)
    all = all && map.row_of(words[row]) == reference.at(words[row]) && map.string_key(row) == words[row];
  for (const std::string& other : random_words(count + 20)) {
    const auto expected = reference.find(other);
    const auto found = map.row_of(other);
    all = all && (expected == reference.end() ? !found : found == expected->second);
  }
  CHECK(all);
  CHECK(!map.row_of(std::int64_t{0}));
  CHECK_THROWS(map.string_key(count), InvalidInputError);
  CHECK_THROWS(map.integer_key(0), InvalidInputError);
  map.verify();
  std::size_t visited = 0;
  map.each_string([&](std::size_t row, std::string_view key) { visited += row < count && key == words[row]; });
  CHECK_EQUAL(visited, count);
}

void test_integers_of_size(std::size_t count) {
  std::mt19937_64 random(count);
  std::unordered_map<std::int64_t, std::uint32_t> reference;
  std::vector<std::int64_t> numbers;
  for (const std::int64_t edge : {std::int64_t{-1}, std::int64_t{0}, INT64_MIN, INT64_MAX})
    if (numbers.size() < count && reference.emplace(edge, numbers.size()).second) numbers.push_back(edge);
  while (numbers.size() < count) {
    const auto number = static_cast<std::int64_t>(random());
    if (reference.emplace(number, static_cast<std::uint32_t>(numbers.size())).second) numbers.push_back(number);
  }
  const KeyMap map(file_of(KeyMapBuilder::integers(numbers)));
  CHECK(map.kind() == KeyKind::integers && map.size() == count);
  bool all = true;
  for (std::size_t row = 0; row < count; ++row) {
    all = all && map.row_of(numbers[row]) == row && map.integer_key(row) == numbers[row];
    const std::int64_t other = numbers[row] ^ 5;
    all = all && map.row_of(other).has_value() == (reference.count(other) == 1);
  }
  CHECK(all);
  CHECK(!map.row_of("0"));
  CHECK_THROWS(map.integer_key(count), InvalidInputError);
  map.verify();
}

TEST(odd_keys) {
  const std::vector<std::string> words{"",
                                       std::string("\0", 1),
                                       std::string("a\0b", 3),
                                       "a",
                                       "a\nb",
                                       "New York",
                                       "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                       std::string(1 << 20, 'x'),
                                       std::string((1 << 20) - 1, 'x')};
  const PackedKeys packed(words);
  const KeyMap map(file_of(packed.builder()));
  for (std::size_t row = 0; row < words.size(); ++row) {
    CHECK_EQUAL(map.row_of(words[row]), row);
    CHECK_EQUAL(map.string_key(row), words[row]);
  }
  CHECK(!map.row_of(std::string("\0\0", 2)) && !map.row_of("x") && !map.row_of(std::string(1 << 21, 'x')));
}

std::string sentence_of(const std::vector<std::string>& words) {
  try {
    PackedKeys(words).builder();
  } catch (const InvalidInputError& error) {
    return error.what();
  }
  return "";
}

TEST(duplicates) {
  CHECK(sentence_of({"b", "a", "c", "a", "b"}).find("\"a\" is the key of row 1 and again of row 3") !=
        std::string::npos);
  CHECK(sentence_of({"", ""}).find("\"\" is the key of row 0 and again of row 1") != std::string::npos);
  CHECK(sentence_of({"a\n\"", "a\n\""}).find("\"a\\x0a\\\"\"") != std::string::npos);
  const std::string large(1 << 20, 'x');
  CHECK(sentence_of({large, large}).find("x\"... (1048576 bytes)") != std::string::npos);
  CHECK(sentence_of({large, large}).size() < 300);
  const std::vector<std::int64_t> numbers{7, -8, 7};
  CHECK_THROWS(KeyMapBuilder::integers(numbers), InvalidInputError);
  const PackedKeys packed({"a", "b"});
  for (const std::vector<std::uint64_t>& wrong : {std::vector<std::uint64_t>{}, {1, 2}, {0, 1}, {0, 3, 2}, {0, 1, 3}})
    CHECK_THROWS(KeyMapBuilder::strings(packed.blob, wrong), InvalidInputError);
}

// Forged maps, with valid checksums, give errors or wrong rows within range, and every search ends.
void write_forged(Writer& writer, std::vector<std::uint32_t> offsets, const std::vector<std::uint8_t>& tags,
                  const std::vector<std::uint32_t>& slots) {
  writer.add_text(SectionId::key_bytes, "abcdef");
  writer.add<std::uint32_t>(SectionId::key_offsets, {offsets.size(), 1}, offsets);
  writer.add<std::uint8_t>(SectionId::key_tags, {tags.size() / 8, 8}, tags);
  writer.add<std::uint32_t>(SectionId::key_slots, {slots.size() / 8, 8}, slots);
}
KeyMap forged(const std::vector<std::uint32_t>& offsets, const std::vector<std::uint8_t>& tags,
              const std::vector<std::uint32_t>& slots) {
  Writer writer = Writer::to_memory();
  write_forged(writer, offsets, tags, slots);
  return KeyMap(writer.finish());
}

TEST(forged_maps) {
  std::vector<std::uint8_t> every_tag(8);
  const auto search_all = [&](const KeyMap& map) {
    for (int letter = 0; letter < 2'000; ++letter) (void)map.row_of(std::to_string(letter));
  };
  for (int first = 0x80; first < 0x100; first += 8) {
    for (int slot = 0; slot < 8; ++slot)
      every_tag[static_cast<std::size_t>(slot)] = static_cast<std::uint8_t>(first + slot);
    const KeyMap full = forged({0, 3, 6}, every_tag, {0, 1, 0, 1, 0, 1, 0, 1});  // no empty slot: the search ends
    search_all(full);
    CHECK(!full.row_of("zzz"));
    const KeyMap wild = forged({0, 3, 6}, every_tag, {2, 9, ~0u, 2, 2, 2, 2, 2});  // rows past the end
    CHECK_THROWS(search_all(wild), CorruptFileError);
  }
  const std::vector<std::uint8_t> none(8);
  const std::vector<std::uint32_t> zeros(8);
  CHECK_THROWS(forged({0, 3, 6}, none, zeros).verify(), CorruptFileError);
  CHECK_THROWS(forged({0, 4, 3}, none, zeros).string_key(1), CorruptFileError);
  CHECK_THROWS(forged({0, 3, 7}, none, zeros).string_key(1), CorruptFileError);
  CHECK_EQUAL(forged({2, 3, 6}, none, zeros).string_key(0), "c");
  CHECK_THROWS(forged({}, none, zeros), CorruptFileError);
  CHECK_THROWS(forged({0, 6}, {}, zeros), CorruptFileError);
  CHECK_THROWS(forged({0, 6}, none, {}), CorruptFileError);
  CHECK_THROWS(forged({0, 6}, std::vector<std::uint8_t>(16), std::vector<std::uint32_t>(16)), CorruptFileError);
  Writer lonely = Writer::to_memory();
  lonely.add_text(SectionId::key_bytes, "abc");
  const auto file = lonely.finish();
  CHECK_THROWS(KeyMap{file}, CorruptFileError);
}

TEST(flipped_bits_are_found_by_look_ups) {
  const std::vector<std::string> words = random_words(1'000);
  const PackedKeys packed(words);
  const Bytes image = image_of(*file_of(packed.builder()));
  std::mt19937 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    Bytes damaged = image;
    const auto file = load(image);
    const Section& section = file->sections()[random() % 4];
    damaged[section.offset() + random() % section.length()] ^= static_cast<std::byte>(1u << random() % 8);
    const KeyMap map(load(damaged));
    std::size_t errors = 0;
    for (std::size_t row = 0; row < words.size(); ++row) try {
        CHECK_EQUAL(map.row_of(words[row]), row);
      } catch (const CorruptFileError&) {
        ++errors;
      }
    CHECK(errors > 0);
  }
}

TEST(no_keys) {
  const KeyMap map(Writer::to_memory().finish());
  CHECK(map.kind() == KeyKind::none && map.size() == 0 && !map.row_of("a") && !map.row_of(std::int64_t{1}));
}

// A map takes fewer than 12 bytes per key in addition to the keys themselves, as key_map.h says.
TEST(map_takes_12_bytes_a_key) {
  const std::vector<std::string> words = random_words(100'000);
  const PackedKeys packed(words);
  const auto file = file_of(packed.builder());
  CHECK(file->size() - packed.blob.size() < 11 * words.size());
}

TEST(strings_are_found_at_every_size) {
  for (const std::size_t count : kCounts) test_strings_of_size(count);
}

TEST(integers_are_found_at_every_size) {
  for (const std::size_t count : kCounts) test_integers_of_size(count);
}

}  // namespace

// Compares the nearest spellings with the textbook recurrence without bounds or filters.
#include "storage/spelling.h"

#include <algorithm>
#include <random>
#include <string>
#include <tuple>

#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

using Words = std::vector<std::string>;

KeyMap map_of(const Words& words) {
  const PackedKeys packed(words);
  Writer writer = Writer::to_memory();
  packed.builder().write(writer);
  return KeyMap(writer.finish());
}

Words similar(const Words& keys, const std::string& word, std::size_t count) {
  return similar_keys(map_of(keys), word, count);
}

std::string lower(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  return text;
}

// The full optimal string alignment, over bytes (the words compared with it are ASCII).
std::size_t full_distance(const std::string& left, const std::string& right) {
  std::vector<std::vector<std::size_t>> cost(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) {
    for (std::size_t j = 0; j <= right.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (left[i - 1] != right[j - 1])});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[left.size()][right.size()];
}

Words slow_similar(const Words& keys, const std::string& word, std::size_t count) {
  const std::size_t limit = std::min<std::size_t>(8, std::max<std::size_t>(2, word.size() / 3));
  std::vector<std::tuple<std::size_t, bool, std::size_t>> order;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const std::size_t edits = full_distance(lower(word), lower(keys[row]));
    if (edits <= limit) order.emplace_back(edits, full_distance(word, keys[row]) > edits, row);
  }
  std::sort(order.begin(), order.end());
  Words found;
  for (std::size_t place = 0; place < std::min(count, order.size()); ++place)
    found.push_back(keys[std::get<2>(order[place])]);
  return found;
}

TEST(examples) {
  const Words keys{"the", "good", "goods", "god", "Good", "river", "rivers", "queen", "caf\xc3\xa9", "cafe"};
  CHECK_EQUAL(similar(keys, "goood", 2), (Words{"good", "Good"}));
  CHECK_EQUAL(similar(keys, "GOOD", 2), (Words{"good", "Good"}));
  CHECK_EQUAL(similar(keys, "Good", 2), (Words{"Good", "good"}));
  CHECK_EQUAL(similar(keys, "rievr", 1), (Words{"river"}));
  CHECK_EQUAL(similar(keys, "ueen", 3), (Words{"queen"}));
  CHECK_EQUAL(similar(keys, "caf\xc3\xa8", 2), (Words{"caf\xc3\xa9", "cafe"}));  // one code point each, not two bytes
  CHECK(similar(keys, "zzzzzzzzz", 3).empty());
  CHECK(similar(keys, "good", 0).empty());
  CHECK(similar({}, "good", 3).empty());
  CHECK_EQUAL(similar({"", "a", "abc"}, "", 5), (Words{"", "a"}));
  CHECK_EQUAL(similar({"\xff\xfe", "\xe2\x82", "ab"}, "\xff", 1),
              (Words{"\xff\xfe"}));  // not UTF-8: nothing is read past its end
  const std::string large(100'000, 'x');
  CHECK_EQUAL(similar({large + "yy", large + "y", "x"}, large, 3), (Words{large + "y", large + "yy"}));
}

TEST(against_the_recurrence) {
  std::mt19937 random(5);
  const auto word = [&] {
    std::string text(random() % 14, 'a');
    for (char& letter : text) letter = static_cast<char>((random() % 8 == 0 ? 'A' : 'a') + random() % 4);
    return text;
  };
  Words keys;
  for (int row = 0; row < 600; ++row) {
    const std::string candidate = word();
    if (std::find(keys.begin(), keys.end(), candidate) == keys.end()) keys.push_back(candidate);
  }
  const KeyMap map = map_of(keys);
  for (int query = 0; query < 200; ++query) {
    const std::string asked = word();
    for (const std::size_t count : {std::size_t{1}, std::size_t{5}, std::size_t{1'000}})
      CHECK_EQUAL(similar_keys(map, asked, count), slow_similar(keys, asked, count));
  }
}

TEST(keys_with_a_text) {
  const KeyMap keys = map_of({"smartphone", "tele", "iPhone 13", "phone", "Phones", "telephone", "headPHONEs", "phon"});
  CHECK_EQUAL(keys_with(keys, "phone", 9),
              (Words{"phone", "Phones", "smartphone", "iPhone 13", "telephone", "headPHONEs"}));
  CHECK_EQUAL(keys_with(keys, "PHONE", 3), (Words{"phone", "Phones", "smartphone"}));
  CHECK_EQUAL(keys_with(keys, "phone", 1), (Words{"phone"}));
  CHECK(keys_with(keys, "telephones", 3).empty());
  CHECK(keys_with(keys, "", 3).empty());
  CHECK(keys_with(keys, "phone", 0).empty());
}

TEST(integer_keys_have_no_spelling) {
  const std::vector<std::int64_t> numbers{1, 2, 3};
  Writer writer = Writer::to_memory();
  KeyMapBuilder::integers(numbers).write(writer);
  const KeyMap map(writer.finish());
  CHECK(similar_keys(map, "1", 3).empty());
  CHECK(keys_with(map, "1", 3).empty());
}

}  // namespace

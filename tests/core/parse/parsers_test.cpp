// Feeds every text whole and in pieces of every size up to nine bytes: the results must be the same.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "parse/lines.h"
#include "parse/records.h"

namespace {

using namespace nearabout::parse;
using Kind = Problem::Kind;

template <class Parser>
std::optional<Problem> feed(Parser& parser, std::string_view text, std::size_t piece) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (auto problem = parser.feed(text.substr(0, piece))) return problem;
  }
  return parser.finish();
}

struct SearchResult {
  std::string keys;  // each followed by a bar
  std::string numbers;
  std::optional<Problem> problem;
  Counts counts;
};

template <class Parser>
SearchResult result_of(Parser& parser, std::string_view text, std::size_t piece) {
  SearchResult result;
  result.problem = feed(parser, text, piece);
  Collector& collected = parser.collected();
  result.counts = collected.counts;
  for (std::size_t row = 0; row < collected.keys.size(); ++row) result.keys.append(collected.keys[row]).append("|");
  const std::size_t count = collected.rows() * collected.dims();
  const FloatMemory rows = collected.take_rows();
  for (std::size_t i = 0; i < count; ++i) result.numbers.append(std::to_string(static_cast<int>(rows[i]))).append(" ");
  return result;
}

bool same(const SearchResult& a, const SearchResult& b) {
  if (a.problem.has_value() != b.problem.has_value()) return false;
  if (a.problem && (a.problem->kind != b.problem->kind || a.problem->place != b.problem->place)) return false;
  return a.keys == b.keys && a.numbers == b.numbers && a.counts.rows_read == b.counts.rows_read;
}

SearchResult lines(std::string_view text, CollectOptions options = {2, {}, 0, InvalidUtf8::strict},
                   bool fractions = false) {
  LineParser whole(options, 1, fractions);
  const SearchResult expected = result_of(whole, text, std::max<std::size_t>(text.size(), 1));
  for (std::size_t piece = 1; piece < 10; ++piece) {
    LineParser parser(options, 1, fractions);
    CHECK(same(result_of(parser, text, piece), expected));
  }
  return expected;
}

bool refused(const SearchResult& result, Kind kind, std::uint64_t place) {
  return result.problem && result.problem->kind == kind && result.problem->place == place;
}

TEST(good_lines) {
  CHECK_EQUAL(lines("a 1 2\nb 3 4\n").numbers, "1 2 3 4 ");
  CHECK_EQUAL(lines("a 1 2\nb 3 4").keys, "a|b|");
  CHECK_EQUAL(lines("a 1 2\r\n\r\nb 3 4 \r\n").keys, "a|b|");
  CHECK_EQUAL(lines("\na 1 2\n  \n").counts.blank_lines, 2);
  CHECK_EQUAL(lines("a\t1\t 2\n").numbers, "1 2 ");
  CHECK_EQUAL(lines(". . . 1 2\nat name@domain.com 3 4\nBoeing 747 5 6\n").keys,
              ". . .|at name@domain.com|Boeing 747|");
  CHECK_EQUAL(lines(" 1 2\n1 3 4\n").keys, "|1|");
  CHECK_EQUAL(lines("caf\xC3\xA9\xC2\xA0x 1 2\n").keys, "caf\xC3\xA9\xC2\xA0x|");
  CHECK_EQUAL(lines(std::string_view("a\0b 1 2\n", 8)).keys, std::string_view("a\0b|", 4));
  CHECK_EQUAL(lines("").counts.rows_read, 0);
  CHECK_EQUAL(lines("v 2.0 1 2\n", {2, {}, 0, InvalidUtf8::strict}, true).keys, "v 2.0|");
}

TEST(duplicate_lines) {
  const SearchResult result = lines("a 1 2\nb 3 4\na 5 6\nc 7 8\n");
  CHECK(result.keys == "a|b|c|" && result.numbers == "1 2 3 4 7 8 ");
  CHECK(result.counts.duplicates == 1 && result.counts.rows_read == 4);
}

TEST(bad_lines) {
  CHECK(refused(lines("a 1 2\nb 3\n"), Kind::too_few_numbers, 2));
  CHECK_EQUAL(lines("a 1 2\nb 3\n").problem->found, 1);
  CHECK(refused(lines("a\n"), Kind::too_few_numbers, 1));
  CHECK(refused(lines("a 1 2\nb 0.5 1 2\n"), Kind::too_many_numbers, 2));
  CHECK(refused(lines("a 1 x2\n"), Kind::not_a_number, 1));
  CHECK_EQUAL(lines("a 1 x2\n").problem->token, "x2");
  CHECK(refused(lines("\n\xFF 1 2\n"), Kind::not_utf8, 2));
  CHECK_EQUAL(lines("a\xFF 1 2\n", {2, {}, 0, InvalidUtf8::ignore}).keys, "a|");
  CHECK_EQUAL(lines("a\xFF 1 2\n", {2, {}, 0, InvalidUtf8::replace}).counts.bytes_repaired, 1);
  CHECK(refused(lines("a 1 2\nb 3 4\n", {2, 1, 0, InvalidUtf8::strict}), Kind::more_rows, 2));
  CHECK_EQUAL(lines("a 1 2\n\n", {2, 1, 0, InvalidUtf8::strict}).problem, std::nullopt);
}

std::string record(std::string_view key, float first, float second) {
  const float row[] = {first, second};
  std::string bytes(key);
  bytes.append(" ").append(reinterpret_cast<const char*>(row), sizeof row);
  return bytes;
}

SearchResult records(std::string_view bytes, CollectOptions options = {2, 2, 0, InvalidUtf8::strict}) {
  RecordParser whole(options, 100);
  const SearchResult expected = result_of(whole, bytes, std::max<std::size_t>(bytes.size(), 1));
  for (std::size_t piece = 1; piece < 10; ++piece) {
    RecordParser parser(options, 100);
    CHECK(same(result_of(parser, bytes, piece), expected));
  }
  return expected;
}

TEST(good_records) {
  const std::string a = record("a", 1, 2), b = record("b", 3, 4);
  CHECK_EQUAL(records(a + b).numbers, "1 2 3 4 ");
  CHECK_EQUAL(records(a + "\n" + b + "\n").keys, "a|b|");
  CHECK_EQUAL(records(a + "\n\n" + a).counts.duplicates, 1);
  CHECK_EQUAL(records(record(std::string("n\0\n", 3), 1, 2)).keys, std::string_view("n\0\n|", 4));
  CHECK_EQUAL(records(record("", 1, 2)).keys, "|");
  CHECK_EQUAL(records(record(std::string(3000, 'k'), 1, 2)).counts.rows_read, 1);
}

TEST(bad_records) {
  const std::string a = record("a", 1, 2), b = record("b", 3, 4);
  CHECK(refused(records(a + b.substr(0, 9)), Kind::truncated, 110));
  CHECK(refused(records(a + "\nkey_without_an_end"), Kind::truncated, 111));
  CHECK(refused(records(a + b + record("c", 5, 6)), Kind::more_rows, 120));
  CHECK(refused(records(a + record("\xFF", 5, 6)), Kind::not_utf8, 110));
  CHECK_EQUAL(records(record("x\xFF", 5, 6), {2, 2, 0, InvalidUtf8::ignore}).keys, "x|");
}

// Rows larger than the buffer's first step: it must grow from one row to two, and further.
TEST(long_rows) {
  RowBuffer rows(100'000, 0);
  for (int row = 0; row < 7; ++row) {
    std::fill_n(rows.next(), 100'000, static_cast<float>(row));
    rows.commit();
  }
  const FloatMemory memory = rows.take();
  for (int row = 0; row < 7; ++row)
    CHECK_EQUAL(memory[static_cast<std::size_t>(row) * 100'000 + 99'999], static_cast<float>(row));
}

TEST(many_keys) {
  KeyTable table;
  for (int i = 0; i < 20'000; ++i) CHECK(table.insert(std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) CHECK(!table.insert(std::to_string(i)));
  CHECK(table.size() == 20'000 && table[12'345] == "12345");
  const KeyTable::Packed packed = table.take();
  CHECK(packed.offsets.size() == 20'001 && packed.blob.size() == packed.offsets.back());
  CHECK(table.size() == 0 && table.insert("0") && !table.insert("0"));  // empty and reusable
}

// Rows may be taken before all have been read; a key that occurred before they were taken is still a duplicate.
TEST(rows_in_pieces) {
  LineParser parser({2, std::nullopt, 0, InvalidUtf8::strict}, 1, false);
  CHECK(!parser.feed("a 1 2\nb 3 4\n"));
  CHECK(parser.collected().rows() == 2 && parser.collected().take_rows()[3] == 4);
  CHECK_EQUAL(parser.collected().rows(), 0);
  CHECK(!parser.feed("a 5 6\nc 7"));
  CHECK(!parser.feed(" 8\n") && !parser.finish());
  CHECK(parser.collected().rows() == 1 && parser.collected().counts.duplicates == 1);
  CHECK_EQUAL(parser.collected().take_rows()[1], 8);
  CHECK((parser.collected().keys.take().offsets == std::vector<std::uint64_t>{0, 1, 2, 3}));
}

// Invalid rows are skipped if requested: counted, the first few reported, and included in the announced number.
TEST(skipped_rows) {
  const CollectOptions skipping{2, 6, 0, InvalidUtf8::strict, true};
  const std::string text = "a 1 2\nb 1\nc x 2\nd\xff 1 2\ne 0.5 1 2\nf 3 4\n";
  const SearchResult result = lines(text, skipping);
  CHECK(!result.problem && result.keys == "a|f|" && result.numbers == "1 2 3 4 ");
  CHECK(result.counts.rows_read == 2 && result.counts.skipped == 4);
  CHECK(refused(lines(text + "g 5 6\n", skipping), Kind::more_rows, 7));
  CHECK(refused(lines(text), Kind::too_few_numbers, 2));
  LineParser parser(skipping, 1, false);
  CHECK(!feed(parser, text, 3));
  const std::vector<Problem>& first = parser.collected().first_skipped;
  CHECK(first.size() == 3 && first[0].place == 2 && first[1].kind == Kind::not_a_number && first[2].place == 4);
  CHECK(parser.place() == 7 && parser.waiting_bytes() == 0);

  RecordParser records({1, 3, 0, InvalidUtf8::strict, true}, 4);
  CHECK(!feed(records,
              "a \x01\x01\x01\x01z\xff \x01\x01\x01\x01"
              "c \x01\x01\x01\x01",
              4));
  CHECK(records.collected().keys.size() == 2 && records.collected().counts.skipped == 1);
}

}  // namespace

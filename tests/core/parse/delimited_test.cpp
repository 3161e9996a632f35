#include "parse/delimited.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"

namespace {

using nearabout::parse::DelimitedLayout;
using nearabout::parse::read_delimited;

struct Line {
  std::string key;
  std::vector<float> numbers;
  bool operator==(const Line&) const = default;
};

// Reads a line in memory of exactly its size, so that a sanitizer detects a read past its end.
std::optional<Line> read(std::string_view text, const DelimitedLayout& layout) {
  const auto alone = std::make_unique<char[]>(text.size());
  text.copy(alone.get(), text.size());
  Line line{"left over", std::vector<float>(layout.dims)};
  if (!read_delimited({alone.get(), text.size()}, layout, line.numbers.data(), line.key)) return std::nullopt;
  return line;
}

TEST(plain_lines) {
  const DelimitedLayout first{',', 2, 0};
  CHECK_EQUAL(read("a,1,-2.5e1", first), (Line{"a", {1, -25}}));
  CHECK_EQUAL(read(" a b ,1,2", first), (Line{" a b ", {1, 2}}));
  CHECK_EQUAL(read(",1,2", first), (Line{"", {1, 2}}));
  CHECK_EQUAL(read("a, 1 ,  2", first), (Line{"a", {1, 2}}));
  CHECK_EQUAL(read("\xFF,1,2", first), (Line{"\xFF", {1, 2}}));
  CHECK_EQUAL(read("1,a,2", {',', 2, 1}), (Line{"a", {1, 2}}));
  CHECK_EQUAL(read("1,2,a", {',', 2, 2}), (Line{"a", {1, 2}}));
  CHECK_EQUAL(read("1,2,", {',', 2, 2}), (Line{"", {1, 2}}));
  CHECK_EQUAL(read("1\t2", {'\t', 2, std::nullopt}), (Line{"", {1, 2}}));
  CHECK_EQUAL(read("7", {',', 1, std::nullopt}), (Line{"", {7}}));
}

TEST(quoted_fields) {
  const DelimitedLayout first{',', 1, 0};
  CHECK_EQUAL(read(R"("a",1)", first), (Line{"a", {1}}));
  CHECK_EQUAL(read(R"("a, ""b""","1")", first), (Line{R"(a, "b")", {1}}));
  CHECK_EQUAL(read(R"("",1)", first), (Line{"", {1}}));
  CHECK_EQUAL(read(R"("""",1)", first), (Line{"\"", {1}}));
  CHECK_EQUAL(read(R"(1,"a")", {',', 1, 1}), (Line{"a", {1}}));
  for (const char* wrong : {R"("a)", R"("a",1")", R"("a"b,1)", R"("a""b,1)", R"(a"b,1)", R"("a" ,1)", "\""}) {
    CHECK(!read(wrong, first));
  }
}

TEST(unusual_files_are_left_to_others) {
  const DelimitedLayout first{',', 2, 0};
  for (const char* line : {"", "a", "a,1", "a,1,2,3", "a,1,", "a,,2", "a,1,2,", "a,1,2x", "a,1_0,2", "a,\t1,2",
                           "a\rb,1,2", "a,1, ", "a,1,2\r", "a,1,--2", "a;1;2"}) {
    CHECK(!read(line, first));
  }
  CHECK(!read("1,2", {',', 2, 2}));  // the numbers are there, the key is missing
  CHECK(!read("", {',', 1, std::nullopt}));
  CHECK(!read("1  2", {' ', 2, std::nullopt}));  // an empty field between two delimiters
}

// A delimiter that could belong to a number is still a delimiter.
TEST(odd_delimiters) {
  CHECK_EQUAL(read("1.5", {'.', 2, std::nullopt}), (Line{"", {1, 5}}));
  CHECK_EQUAL(read("1e5", {'e', 2, std::nullopt}), (Line{"", {1, 5}}));
  CHECK_EQUAL(read("1-5", {'-', 2, std::nullopt}), (Line{"", {1, 5}}));
  CHECK_EQUAL(read("1 5", {' ', 2, std::nullopt}), (Line{"", {1, 5}}));
}

}  // namespace

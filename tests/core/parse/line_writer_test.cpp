#include "parse/line_writer.h"

#include <cfloat>
#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "parse/lines.h"

namespace {

using nearabout::parse::KeyedRows;
using nearabout::parse::lines_of;

TEST(a_few_lines) {
  const std::string blob = "unusedabc";
  const std::vector<std::uint64_t> offsets{6, 7, 7, 9};  // offsets into a larger blob; the second key is empty
  const std::vector<float> vectors{1, -0.5F, 0, 0.25F, 2, 3};
  CHECK_EQUAL(lines_of({blob.data(), offsets.data(), vectors.data(), 3, 2}), "a 1.0 -0.5\n 0.0 0.25\nbc 2.0 3.0\n");
  CHECK(lines_of({blob.data(), offsets.data(), vectors.data(), 0, 2}).empty());
}

// The longest texts, and a key longer than all rows before it: the buffer grows more than once.
TEST(room_is_made) {
  constexpr std::size_t kRows = 300;
  constexpr std::size_t kDims = 7;
  std::string blob;
  std::vector<std::uint64_t> offsets{0};
  for (std::size_t row = 0; row < kRows; ++row) {
    blob += std::to_string(row) + std::string(row % 100 == 99 ? 100'000 : 0, 'x');
    offsets.push_back(blob.size());
  }
  const std::vector<float> vectors(kRows * kDims, -FLT_MIN * 1.2345678F);
  const std::string text = lines_of({blob.data(), offsets.data(), vectors.data(), kRows, kDims});

  nearabout::parse::LineParser parser({kDims, kRows}, 1, true);
  CHECK(!parser.feed(text) && !parser.finish());
  CHECK_EQUAL(parser.collected().rows(), kRows);
  CHECK_EQUAL(parser.collected().keys.take().blob, std::vector<char>(blob.begin(), blob.end()));
  const nearabout::parse::FloatMemory again = parser.collected().take_rows();
  bool same = true;
  for (std::size_t i = 0; i < vectors.size(); ++i) same = same && again[i] == vectors[i];
  CHECK(same);
}

}  // namespace

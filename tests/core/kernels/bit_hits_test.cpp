// Codes near a query's, in every table, as a slow count of bits finds them: at all thresholds, and where the last block
// is only partly filled.
#include <algorithm>
#include <bit>

#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using kernels::kCodeRows;
using nearabout::kernels::Table;

namespace {

std::vector<std::uint64_t> random_words(std::mt19937& random, std::size_t count) {
  std::vector<std::uint64_t> words(count);
  for (std::uint64_t& word : words) word = std::uint64_t{random()} << 32 | random();
  return words;
}

void check_hits(const Table& table, const std::vector<std::uint64_t>& blocks, std::size_t rows, std::size_t words,
                const std::vector<std::uint64_t>& query, std::uint32_t most) {
  std::vector<std::uint64_t> expected;
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t bits = 0;
    for (std::size_t w = 0; w < words; ++w)
      bits += static_cast<unsigned>(
          std::popcount(blocks[row / kCodeRows * kCodeRows * words + w * kCodeRows + row % kCodeRows] ^ query[w]));
    if (bits <= most) expected.push_back(bits << 32 | row);
  }
  const std::uint64_t sentinel = 12'345;
  const std::size_t room = (rows + kCodeRows - 1) / kCodeRows * kCodeRows;
  std::vector<std::uint64_t> hits(room + 1, sentinel);
  const std::size_t found = table.bits.hits(blocks.data(), rows, words, query.data(), most, hits.data());
  CHECK_EQUAL(hits[room], sentinel);
  hits.resize(found);
  CHECK(hits == expected);
}

void test_hits(const Table& table, std::mt19937& random) {
  for (std::size_t words = 1; words <= kernels::kMaxCodeWords; ++words)
    for (const std::size_t rows : {1u, 5u, 8u, 9u, 24u, 61u}) {
      std::vector<std::uint64_t> blocks = random_words(random, (rows + kCodeRows - 1) / kCodeRows * kCodeRows * words);
      const std::vector<std::uint64_t> query = random_words(random, words);
      const auto bits = static_cast<std::uint32_t>(64 * words);
      for (const std::uint32_t most : {0u, bits / 2 - 1, bits / 2, bits / 2 + 6, bits})
        check_hits(table, blocks, rows, words, query, most);
      // All bits differ, and none.
      for (std::size_t w = 0; w < words; ++w)
        for (std::size_t r = 0; r < kCodeRows; ++r) blocks[w * kCodeRows + r] = r % 2 == 0 ? query[w] : ~query[w];
      for (const std::uint32_t most : {0u, bits - 1, bits}) check_hits(table, blocks, rows, words, query, most);
    }
}

TEST(hits) { each_table(7, test_hits); }

}  // namespace

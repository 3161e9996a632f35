// The rows with the fewest differing bits, as a sort finds them: in pieces of any size, and with many ties.
#include "index/lsh/nearest_codes.h"

#include <algorithm>
#include <random>

#include "check.h"

using namespace nearabout;
using namespace nearabout::lsh;

namespace {

std::vector<std::uint32_t> sorted_rows(const std::vector<std::uint32_t>& bits, std::size_t wanted) {
  std::vector<std::uint32_t> rows(bits.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) { return bits[a] < bits[b]; });
  rows.resize(std::min(wanted, rows.size()));
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Gives the rows as the kernel does: of each piece those within most(), with numbers that begin at 0. The half that
// looks nearer has no more bits than the other one.
std::vector<std::uint32_t> found_rows(NearestCodes& nearest, const std::vector<std::uint32_t>& bits, std::size_t most,
                                      std::size_t wanted, std::size_t piece) {
  nearest.start(most, wanted);
  for (std::size_t first = 0; first < bits.size() && !nearest.is_settled(); first += piece) {
    std::vector<std::uint64_t> hits;
    for (std::size_t i = first; i < std::min(first + piece, bits.size()); ++i)
      if (bits[i] <= nearest.most()) hits.push_back(std::uint64_t{bits[i]} << 32 | (i - first));
    nearest.add(hits, first);
  }
  const FoundRows found = nearest.rows();
  std::uint32_t farthest = 0;
  for (const std::uint32_t row : found.nearer) farthest = std::max(farthest, bits[row]);
  for (const std::uint32_t row : found.farther) CHECK(bits[row] >= farthest);
  CHECK(std::ranges::is_sorted(found.nearer) && std::ranges::is_sorted(found.farther));
  std::vector<std::uint32_t> rows(found.nearer.begin(), found.nearer.end());
  rows.insert(rows.end(), found.farther.begin(), found.farther.end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(rows_are_those_of_a_sort) {
  std::mt19937 random(3);
  NearestCodes nearest;
  for (const std::uint32_t most : {1u, 3u, 64u, 1'024u})
    for (const std::size_t wanted : {1u, 2u, 10u, 299u, 300u, 1'000u})
      for (const std::size_t piece : {1u, 7u, 64u, 1'000u}) {
        std::vector<std::uint32_t> bits(300);
        for (std::uint32_t& value : bits) value = static_cast<std::uint32_t>(random() % (most + 1));
        CHECK(found_rows(nearest, bits, most, wanted, piece) == sorted_rows(bits, wanted));
        std::sort(bits.begin(), bits.end(), std::greater<>());
        CHECK(found_rows(nearest, bits, most, wanted, piece) == sorted_rows(bits, wanted));
        std::fill(bits.begin(), bits.end(), most);
        CHECK(found_rows(nearest, bits, most, wanted, piece) == sorted_rows(bits, wanted));
        std::fill(bits.begin(), bits.end(), 0u);
        CHECK(found_rows(nearest, bits, most, wanted, piece) == sorted_rows(bits, wanted));
      }
}

}  // namespace

#include "index/lsh/codes_scan.h"

#include <algorithm>

#include "index/excluded_rows.h"
#include "kernels/kernels.h"

namespace nearabout::lsh {
namespace {

using kernels::kCodeRows;

constexpr std::size_t kCachedCodeBytes = 16'384;  // of codes: half of a first-level cache
constexpr std::size_t kFirstCodes = 64;           // at least, before it is known how near a row must be

std::size_t whole_blocks(std::size_t rows) { return (rows + kCodeRows - 1) / kCodeRows * kCodeRows; }

}  // namespace

// All rows of the first piece are hits, so pieces begin small, and each is as long as those before it together.
void CodesScan::run(const QueryCodes& queries, std::size_t count, std::size_t wanted, const index::Request& request,
                    std::size_t first_query) {
  const auto find_hits = kernels::table().bits.hits;
  const std::size_t words = layout_.words();
  const std::size_t most_rows = std::max(kCodeRows, whole_blocks(kCachedCodeBytes / (words * sizeof(std::uint64_t))));
  if (nearest_.size() < count) nearest_.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    nearest_[i].start(layout_.settings.bits, wanted, index::absent_of(request, first_query + i));
  hits_.resize(most_rows);
  const std::size_t rows = layout_.row_count();
  std::size_t piece = std::min(most_rows, whole_blocks(std::max(wanted, kFirstCodes)));
  for (std::size_t begin = 0; begin < rows;) {
    const std::size_t end = std::min(begin + piece, rows);
    const std::size_t first = begin * words;
    const std::uint64_t* const blocks =
        layout_.codes->items<std::uint64_t>(first, whole_blocks(end) * words - first).data();
    for (std::size_t i = 0; i < count; ++i) {
      if (nearest_[i].is_settled()) continue;
      const std::size_t found =
          find_hits(blocks, end - begin, words, queries.code(i), nearest_[i].most(), hits_.data());
      nearest_[i].add({hits_.data(), found}, begin);
    }
    begin = end;
    piece = std::min(most_rows, whole_blocks(begin));
  }
}

}  // namespace nearabout::lsh

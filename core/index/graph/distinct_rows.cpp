#include "index/graph/distinct_rows.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/threads.h"
#include "base/xxh64.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kHashedPerTask = 256;

std::vector<std::uint64_t> hashes_of(const index::ValidatedRows& source, std::size_t threads, const Monitor& monitor) {
  const std::size_t bytes = row_bytes(source.element(), source.dims());
  std::vector<std::uint64_t> hashes(source.rows());
  parallel_for(
      source.rows(), kHashedPerTask, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<std::byte> rows((end - begin) * bytes);
        source.read(begin, end, rows.data());
        for (std::size_t row = begin; row < end; ++row) hashes[row] = xxh64(rows.data() + (row - begin) * bytes, bytes);
      },
      monitor);
  return hashes;
}

// Sorts rows [begin, end), which have the same hash, by their bytes, then by number, and returns where one differs from
// the row before it.
std::vector<std::size_t> sort_equal_hashes(const index::ValidatedRows& source, std::uint32_t* begin,
                                           std::uint32_t* end) {
  const std::size_t bytes = row_bytes(source.element(), source.dims());
  const auto count = static_cast<std::size_t>(end - begin);
  std::vector<std::byte> first(bytes), other(bytes);
  std::vector<std::size_t> borders;
  // Nearly always all rows are copies of the first; rows that only share its hash are taken in another round.
  for (std::size_t done = 0; done < count;) {
    borders.push_back(done);
    source.read(begin[done], begin[done] + 1, first.data());
    std::uint32_t* const rest = std::stable_partition(begin + done, end, [&](std::uint32_t row) {
      source.read(row, row + 1, other.data());
      return std::memcmp(first.data(), other.data(), bytes) == 0;
    });
    done = static_cast<std::size_t>(rest - begin);
  }
  return borders;
}

}  // namespace

DistinctRows find_distinct_rows(const index::ValidatedRows& source, std::size_t threads, const Monitor& monitor) {
  const std::vector<std::uint64_t> hashes = hashes_of(source, threads, monitor);
  const std::size_t count = source.rows();
  std::vector<std::uint32_t> by_hash(count);
  std::iota(by_hash.begin(), by_hash.end(), 0u);
  std::sort(by_hash.begin(), by_hash.end(), [&](std::uint32_t a, std::uint32_t b) {
    return hashes[a] < hashes[b] || (hashes[a] == hashes[b] && a < b);
  });
  std::vector<std::uint32_t> next(count);  // the next copy of a row; itself: there is none
  std::iota(next.begin(), next.end(), 0u);
  std::vector<bool> is_first(count, true);
  for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
    for (end = begin + 1; end < count && hashes[by_hash[end]] == hashes[by_hash[begin]];) ++end;
    if (end - begin == 1) continue;
    std::vector<std::size_t> borders = sort_equal_hashes(source, by_hash.data() + begin, by_hash.data() + end);
    borders.push_back(end - begin);
    for (std::size_t group = 0; group + 1 < borders.size(); ++group)
      for (std::size_t i = borders[group] + 1; i < borders[group + 1]; ++i) {
        next[by_hash[begin + i - 1]] = by_hash[begin + i];
        is_first[by_hash[begin + i]] = false;
      }
  }
  std::vector<std::uint32_t> rows;
  std::vector<std::size_t> firsts;
  rows.reserve(count);
  for (std::uint32_t row = 0; row < count; ++row) {
    if (!is_first[row]) continue;
    firsts.push_back(rows.size());
    rows.push_back(row);
    for (std::uint32_t copy = row; next[copy] != copy;) rows.push_back(copy = next[copy]);
  }
  firsts.push_back(rows.size());
  return {std::move(rows), std::move(firsts)};
}

}  // namespace nearabout::graph

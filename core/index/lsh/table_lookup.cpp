#include "index/lsh/table_lookup.h"

#include <algorithm>
#include <numeric>

#include "storage/numbers.h"

namespace nearabout::lsh {
namespace {

// Buckets that are probed at most: an empty one takes about as long as comparing two rows.
std::size_t most_probes(std::size_t tables, std::size_t wanted) {
  constexpr std::size_t kProbesPerTable = 32;
  return kProbesPerTable * tables + wanted;
}

// Returns the place of a key among the buckets of a table, or their number. Reads only what it comes by.
std::size_t find_key(const storage::Section& keys, const HashTable& table, std::uint32_t key) {
  std::size_t begin = 0;
  std::size_t end = table.buckets;
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    const std::uint32_t found = keys.items<std::uint32_t>(table.first + middle, 1)[0];
    if (found == key) return middle;
    if (found < key)
      begin = middle + 1;
    else
      end = middle;
  }
  return table.buckets;
}

}  // namespace

FoundRows TableLookup::find(const QueryCodes& queries, std::size_t query, std::size_t wanted, std::size_t least,
                            std::span<const std::uint32_t> absent) {
  const HashSettings& settings = layout_.settings;
  rows_.clear();
  seen_.clear();
  for (const std::uint32_t row : absent) seen_.insert(row);
  probed_ = 0;
  const std::size_t most = most_probes(settings.tables, wanted);
  probes_.start(queries, query, settings.tables, settings.bits);
  for (Probe probe{}; rows_.size() < wanted && probed_ < most && probes_.next(probe); ++probed_)
    add_bucket(probe, wanted);
  if (rows_.size() < least) {
    rows_.resize(layout_.row_count());
    std::iota(rows_.begin(), rows_.end(), 0u);
    std::erase_if(rows_, [&](std::uint32_t row) { return std::ranges::binary_search(absent, row); });
  }
  const auto half = rows_.begin() + static_cast<std::ptrdiff_t>(rows_.size() / 2);
  std::sort(rows_.begin(), half);
  std::sort(half, rows_.end());
  const std::span<const std::uint32_t> all = rows_;
  return {all.first(rows_.size() / 2), all.subspan(rows_.size() / 2)};
}

void TableLookup::add_bucket(const Probe& probe, std::size_t wanted) {
  const HashTable& table = layout_.tables[probe.table];
  const std::size_t bucket = find_key(*layout_.keys, table, probe.key);
  if (bucket == table.buckets) return;
  const std::size_t place = table.first + bucket;
  const std::size_t begin = bucket == 0 ? 0 : layout_.ends->items<std::uint32_t>(place - 1, 1)[0];
  const std::size_t end = layout_.ends->items<std::uint32_t>(place, 1)[0];
  const std::size_t count = layout_.row_count();
  if (begin >= end || end > count)
    storage::throw_count(layout_.file, *layout_.ends, place, "an end behind the one before", end);
  for (const std::uint32_t row : layout_.rows->items<std::uint32_t>(probe.table * count + begin, end - begin)) {
    if (row >= count)
      storage::throw_count(layout_.file, *layout_.rows, probe.table * count + begin, "rows that exist", row);
    if (!seen_.insert(row)) continue;
    rows_.push_back(row);
    if (rows_.size() == wanted) return;
  }
}

}  // namespace nearabout::lsh

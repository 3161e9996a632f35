#include "index/lsh/probes.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace nearabout::lsh {

void Probes::start(const QueryCodes& queries, std::size_t query, std::size_t tables, std::size_t bits) {
  bits_ = bits;
  keys_.resize(tables);
  order_.resize(tables * bits);
  squares_.resize(tables * bits);
  waiting_.clear();
  for (std::size_t table = 0; table < tables; ++table) {
    const std::size_t first = table * bits;
    keys_[table] = queries.key(query, first, bits);
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(bits);
    std::iota(begin, end, 0u);
    std::stable_sort(begin, end, [&](std::uint32_t a, std::uint32_t b) {
      return queries.margin(query, first + a) < queries.margin(query, first + b);
    });
    for (std::size_t place = 0; place < bits; ++place) {
      const double margin = double{queries.margin(query, first + order_[first + place])};
      squares_[first + place] = margin * margin;
    }
    push(0, static_cast<std::uint32_t>(table), 0);
  }
}

void Probes::push(double score, std::uint32_t table, std::uint32_t changed) {
  waiting_.push_back({score, table, changed});
  std::push_heap(waiting_.begin(), waiting_.end());
}

// Each set leads to at most two others, with its last bit replaced by the next one, and with the next one besides: all
// sets are made, each once, and none before one with a smaller score.
bool Probes::next(Probe& probe) {
  if (waiting_.empty()) return false;
  std::pop_heap(waiting_.begin(), waiting_.end());
  const SetOfBits set = waiting_.back();
  waiting_.pop_back();
  const std::size_t first = set.table * bits_;
  std::uint32_t key = keys_[set.table];
  for (std::uint32_t left = set.changed; left != 0; left &= left - 1)
    key ^= 1u << order_[first + static_cast<std::size_t>(std::countr_zero(left))];
  probe = {set.table, key};
  const auto after = static_cast<std::size_t>(std::bit_width(set.changed));  // the place behind the last bit
  if (after >= bits_) return true;
  const double score = set.score + square(set.table, after);
  push(score, set.table, set.changed | 1u << after);
  if (set.changed == 0) return true;
  push(score - square(set.table, after - 1), set.table, (set.changed ^ 1u << (after - 1)) | 1u << after);
  return true;
}

}  // namespace nearabout::lsh

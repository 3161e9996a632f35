#include "index/ivf/scan.h"

#include <algorithm>

#include "storage/items.h"

namespace nearabout {
namespace {

constexpr std::size_t kChunkRows = 512;  // of a list, between two looks at how many wait
constexpr std::size_t kFewest = 64;      // that wait beyond the depth before they are thinned

}  // namespace

void ListScan::make_room(float limit) {
  const std::size_t count = queries_.count();
  limit_ = std::max(2 * spend_.depth, spend_.depth + kFewest);
  room_ = std::min(limit_, index_.rows()) + kChunkRows + kernels::kBlockRows;
  if (all_room_ < count * room_) {
    all_room_ = count * room_;
    numbers_ = std::make_unique_for_overwrite<std::uint32_t[]>(all_room_);
    estimates_ = std::make_unique_for_overwrite<float[]>(all_room_);
  }
  scans_.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    scans_[i] = {queries_.tables(i), 0, 0, 0, limit, 0, numbers_.get() + i * room_, estimates_.get() + i * room_, 0};
}

// The nearest list of each query is scanned at once: what is found there says what is worth keeping elsewhere.
void ListScan::rank(const Spend& spend, float limit) {
  spend_ = spend;
  codes_scanned_ = 0;
  make_room(limit);
  parts_.clear();
  first_parts_.clear();
  for (std::size_t first = 0; first < queries_.count(); first += kernels::kPanelQueries) {
    const std::size_t count = std::min(kernels::kPanelQueries, queries_.count() - first);
    ranking_.compare(queries_, first, count);
    for (std::size_t i = 0; i < count; ++i) {
      ranking_.nearest(queries_, i, spend.probes, ranked_);
      first_parts_.push_back(parts_.size());
      for (const RankedList& ranked : ranked_) add_parts(ranked);
    }
  }
  first_parts_.push_back(parts_.size());
}

void ListScan::add_parts(const RankedList& ranked) {
  const std::uint32_t rows = index_.sizes_[ranked.list];
  const auto first = static_cast<std::uint32_t>(index_.blocks_[ranked.list] * kernels::kBlockRows);
  for (std::uint32_t done = 0; done < rows; done += kPartRows)
    parts_.push_back({ranked.list, first + done, std::min<std::uint32_t>(kPartRows, rows - done), ranked.distance});
}

// In the order of lists: each is read once, for all queries together.
void ListScan::scan() {
  const std::size_t lists = index_.lists();
  firsts_.assign(lists + 1, 0);
  for (std::size_t query = 0; query < queries_.count(); ++query) {
    const std::size_t begin = first_parts_[query];
    if (begin == first_parts_[query + 1]) continue;
    const Probe nearest{static_cast<std::uint32_t>(query), 0};
    scan_part(&nearest, 1);
    thin(scans_[query]);
    for (std::size_t part = begin + 1; part < first_parts_[query + 1]; ++part) ++firsts_[parts_[part].list + 1];
  }
  for (std::size_t list = 0; list < lists; ++list) firsts_[list + 1] += firsts_[list];
  order_.resize(firsts_[lists]);
  for (std::size_t query = 0; query < queries_.count(); ++query)
    for (std::size_t part = 1; part < first_parts_[query + 1] - first_parts_[query]; ++part)
      order_[firsts_[parts_[first_parts_[query] + part].list]++] = {static_cast<std::uint32_t>(query),
                                                                    static_cast<std::uint32_t>(part)};
  const auto first_of = [&](std::size_t place) {
    return parts_[first_parts_[order_[place].query] + order_[place].part].first;
  };
  for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
    for (end = begin + 1; end < order_.size() && first_of(end) == first_of(begin);) ++end;
    scan_part(order_.data() + begin, end - begin);
  }
}

// Some queries that look into the same part of a list.
void ListScan::scan_part(const Probe* probes, std::size_t count) {
  const Part& part = parts_[first_parts_[probes[0].query] + probes[0].part];
  const std::size_t lines = index_.shape().lines();
  const std::uint64_t bytes = kernels::block_bytes(lines);
  codes_scanned_ += count * part.rows;
  some_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t query = probes[i].query;
    some_[i] = &scans_[query];
    some_[i]->base = parts_[first_parts_[query] + probes[i].part].distance + index_.offset_lows_[part.list];
    some_[i]->offset_step = index_.offset_steps_[part.list];
    some_[i]->scale = -queries_[query].unit * index_.scale_steps_[part.list];
    some_[i]->first = static_cast<std::uint32_t>(probes[i].part * kPartRows);
  }
  for (std::uint32_t done = 0; done < part.rows; done += kChunkRows) {
    const std::size_t chunk = std::min<std::size_t>(kChunkRows, part.rows - done);
    const std::uint64_t block = (part.first + std::uint64_t{done}) / kernels::kBlockRows;
    const std::uint64_t blocks = (chunk + kernels::kBlockRows - 1) / kernels::kBlockRows;
    const std::byte* const from = index_.list_codes_->checked(block * bytes, (block + blocks) * bytes);
    kernels::table().codes.scan(storage::bytes_of(from), chunk, lines, some_.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      some_[i]->first += static_cast<std::uint32_t>(chunk);
      if (some_[i]->found > limit_) thin(*some_[i]);
    }
  }
}

void ListScan::thin(kernels::CodeScan& scan) const {
  if (scan.found <= spend_.depth) return;
  scan.found =
      kernels::table().codes.keep_least(scan.estimates, scan.numbers, scan.found, spend_.depth, &scan.threshold);
  scan.found = std::min(scan.found, kernels::kept_at_most(spend_.depth));  // of those that look equally near
}

ListScan::Candidates ListScan::candidates(std::size_t query) {
  thin(scans_[query]);
  return {scans_[query].numbers, scans_[query].estimates, scans_[query].found};
}

}  // namespace nearabout

#include "index/ivf/scan.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/scored.h"
#include "storage/items.h"

namespace nearabout::ivf {
namespace {

using calibration::RankedList;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kRowsBetweenChecks = 512;  // rows of a list scanned between two checks of how many wait
constexpr std::size_t kMaxLeftOut = 2048;        // estimates of rows that a filter left out, kept per query
constexpr std::size_t kLeftOutRoom = kMaxLeftOut + kRowsBetweenChecks + kernels::kBlockRows;
constexpr std::size_t kMinWaiting = 64;  // rows waiting beyond the depth before they are thinned out

// Keeps `most` rows, if keep_least() kept more: because their estimates tie for the last place, as those of copies do,
// or because some are so large that it found no threshold. Of ties, those that stand first in the file stay, so that
// the result does not depend on the order in which lists are scanned.
void keep_at_most(kernels::CodeScan& scan, std::size_t most) {
  if (scan.found <= most) return;
  std::vector<Scored> order;
  for (std::size_t i = 0; i < scan.found; ++i) order.emplace_back(scan.estimates[i], scan.numbers[i]);
  const auto last = order.begin() + static_cast<std::ptrdiff_t>(most - 1);
  std::nth_element(order.begin(), last, order.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < scan.found; ++i) {
    if (Scored(scan.estimates[i], scan.numbers[i]) > *last) continue;
    scan.estimates[kept] = scan.estimates[i];
    scan.numbers[kept++] = scan.numbers[i];
  }
  scan.found = kept;
  scan.threshold = last->score();
}

kernels::ScanCodes scan_of(quantize::CodeForm form) {
  const kernels::CodeKernels& codes = kernels::table().codes;
  if (form == quantize::CodeForm::tables) return codes.scan;
  return form == quantize::CodeForm::products ? codes.scan_bytes : codes.scan_long;
}

}  // namespace

std::size_t ListScan::limit_of(std::size_t query) const {
  const std::size_t depth = progress_[query].depth;
  return std::max(2 * depth, depth + kMinWaiting);
}

void ListScan::make_room() {
  const std::size_t count = queries_.count();
  const bool may_deepen = allowance_.k > 0 || allowance_.filtered.probes;
  constexpr std::size_t kDeeper = 16;  // multiple of rows that may be kept for queries that probe more lists
  max_depth_ = std::min(may_deepen ? kDeeper * allowance_.depth : allowance_.depth, layout_.row_count());
  const std::size_t limit = std::max(2 * max_depth_, max_depth_ + kMinWaiting);
  room_ = std::min(limit, layout_.row_count()) + kRowsBetweenChecks + kernels::kBlockRows;
  if (all_room_ < count * room_) {
    all_room_ = 0;  // in case an allocation below fails
    numbers_ = std::make_unique_for_overwrite<std::uint32_t[]>(count * room_);
    estimates_ = std::make_unique_for_overwrite<float[]>(count * room_);
    all_room_ = count * room_;
  }
  progress_.resize(count);
  for (Progress& progress : progress_) {
    progress.depth = allowance_.depth;
    progress.cell = 0;  // for which bind() prepared it
    progress.effort = progress.left_out = progress.skipped = progress.neighbours = 0;
  }
  scans_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    scans_[i] = {queries_.tables(i),           0, 0, 0, kInfinity, 0, numbers_.get() + i * room_,
                 estimates_.get() + i * room_, 0};
    scans_[i].correction = queries_[i].codes.correction;
  }
  if (!allowance_.filtered.probes) return;
  left_out_.resize(count * kLeftOutRoom);
  for (std::size_t i = 0; i < count; ++i) scans_[i].left_out = left_out_.data() + i * kLeftOutRoom;
}

// Returns the probes of a query: fewer lists for an easy query, more for a hard one. With many lists, the same for all
// queries.
std::size_t ListScan::probes_of(std::size_t first, std::size_t i, std::size_t effort) const {
  if (allowance_.alike || !layout_.adaptive_probes.used || layout_.centroids.group_bytes) return effort;
  const double square = queries_[first + i].square;
  const double nearest = std::max(0.0, double{ranking_.least_distance(queries_, i)} + square);
  return layout_.adaptive_probes.lists(effort, layout_.list_count(), nearest, square);
}

std::size_t ListScan::list_count() const {
  return allowance_.filtered.filter ? allowance_.filtered.filter->lists() : layout_.list_count();
}

std::span<const calibration::GroupResiduals> ListScan::residuals() const {
  return allowance_.filtered.filter ? allowance_.filtered.filter->residuals() : layout_.lists.residuals;
}

void ListScan::rank(const IvfBudget& allowance) {
  allowance_ = allowance;
  codes_scanned_ = 0;
  make_room();
  ranking_.set_filter(allowance.filtered.filter);
  probes_.clear();
  first_probes_.clear();
  for (std::size_t first = 0; first < queries_.count(); first += kernels::kPanelQueries) {
    const std::size_t count = std::min(kernels::kPanelQueries, queries_.count() - first);
    ranking_.compare(queries_, first, count);
    for (std::size_t i = 0; i < count; ++i) rank_query(first, i);
  }
  first_probes_.push_back(probes_.size());
  lists_scanned_ = probes_.size();
}

// Ranks the nearest lists of query `first + i`; for guarded queries, also those beyond.
void ListScan::rank_lists(std::size_t first, std::size_t i, std::size_t probes) {
  if (allowance_.k > 0)
    ranking_.nearest(queries_, i, probes, calibration::lists_beyond(probes), ranked_, progress_[first + i].beyond);
  else
    ranking_.nearest(queries_, i, probes, ranked_);
}

// Chooses and ranks the lists that query `first + i` probes.
void ListScan::rank_query(std::size_t first, std::size_t i) {
  Progress& progress = progress_[first + i];
  double misses = allowance_.misses;
  const FilteredBudget& filtered = allowance_.filtered;
  progress.beyond.clear();
  if (!filtered.filter)
    rank_lists(first, i, probes_of(first, i, allowance_.probes));
  else if (filtered.probes)
    rank_for_recall(first, i, misses);
  else
    rank_for_effort(first, i);
  progress.probes = ranked_.size();
  progress.rows = 0;
  for (const RankedList& ranked : ranked_) progress.rows += layout_.lists.sizes[ranked.list];
  progress.every_row = progress.done = ranked_.empty();
  progress.out_of_distribution = false;
  progress.added.clear();
  progress.quiet = 0;
  const double square = queries_[first + i].square;
  const double nearest = ranked_.empty() ? 0 : std::max(0.0, double{ranked_[0].distance} + square);
  progress.strange = layout_.guard.is_strange(nearest);
  progress.limit = layout_.guard.limit_of(misses, allowance_.k, allowance_.recall, nearest, square);
  first_probes_.push_back(probes_.size());
  for (const RankedList& ranked : ranked_)
    probes_.push_back({ranked.list, static_cast<std::uint32_t>(first + i), ranked.distance});
}

// Scans the nearest list of each query first: its rows show which estimates are worth keeping elsewhere. Then scans in
// the order of lists: each is read once, for all queries together.
void ListScan::scan() {
  if (page_cache_.cold()) ask_for_lists();
  order_.clear();
  for (std::size_t query = 0; query < queries_.count(); ++query) {
    const std::size_t nearest = first_probes_[query];
    const std::size_t end = first_probes_[query + 1];
    if (nearest == end) continue;
    scan_list(&probes_[nearest], 1);
    thin(query);
    order_.insert(order_.end(), probes_.begin() + static_cast<std::ptrdiff_t>(nearest + 1),
                  probes_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  scan_in_order();
}

// Sorts the probes in order_ by lists: those of many queries by counting, which takes a step for each list there is.
void ListScan::sort_probes() {
  constexpr std::size_t kListsPerProbe = 8;
  if (kListsPerProbe * order_.size() < layout_.list_count()) {
    sorted_ = order_;
    std::ranges::sort(sorted_, {}, [](const Probe& probe) { return std::pair(probe.list, probe.query); });
    return;
  }
  firsts_.assign(layout_.list_count() + 1, 0);
  for (const Probe& probe : order_) ++firsts_[probe.list + 1];
  for (std::size_t list = 0; list + 1 < firsts_.size(); ++list) firsts_[list + 1] += firsts_[list];
  sorted_.resize(order_.size());
  for (const Probe& probe : order_) sorted_[firsts_[probe.list]++] = probe;
}

// Scans the probes in order_, sorted by lists.
void ListScan::scan_in_order() {
  if (order_.empty()) return;
  sort_probes();
  for (std::size_t begin = 0, end = 0; begin < sorted_.size(); begin = end) {
    for (end = begin + 1; end < sorted_.size() && sorted_[end].list == sorted_[begin].list;) ++end;
    scan_list(sorted_.data() + begin, end - begin);
  }
}

// Starts reading the codes of all lists to be probed, in file order.
void ListScan::ask_for_lists() {
  cold_.clear();
  for (const Probe& probe : probes_) cold_.push_back(probe.list);
  std::sort(cold_.begin(), cold_.end());
  cold_.erase(std::unique(cold_.begin(), cold_.end()), cold_.end());
  const std::uint64_t bytes = kernels::block_bytes(layout_.shape().lines());
  for (const std::uint32_t list : cold_)
    layout_.lists.codes->will_need(layout_.lists.blocks[list] * bytes, layout_.lists.blocks[list + 1] * bytes);
}

// Scans a list for several queries that probe it: with a filter, only blocks with allowed rows.
void ListScan::scan_list(const Probe* probes, std::size_t count) {
  const std::uint32_t list = probes[0].list;
  const std::size_t rows = layout_.lists.sizes[list];
  const std::uint64_t first_block = layout_.lists.blocks[list];
  list_scans_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    bind_to(layout_.codes.cell_of(list), probes[i].query);
    list_scans_[i] = &scans_[probes[i].query];
    list_scans_[i]->base = (layout_.residual ? probes[i].distance : 0) + layout_.lists.offset_lows[list];
    list_scans_[i]->offset_step = layout_.lists.offset_steps[list];
    list_scans_[i]->scale = -queries_[probes[i].query].codes.unit * layout_.lists.scale_steps[list];
  }
  const ListFilter* const filter = allowance_.filtered.filter;
  if (!filter) return scan_blocks(probes, count, first_block, rows);
  const std::uint16_t* const allowed = filter->blocks(first_block);
  const std::size_t blocks = (rows + kernels::kBlockRows - 1) / kernels::kBlockRows;
  for (std::size_t begin = 0, end = 0; begin < blocks; begin = end) {
    for (end = begin; end < blocks && (allowed[end] != 0) == (allowed[begin] != 0);) ++end;
    if (allowed[begin] == 0) continue;
    scan_blocks(probes, count, first_block + begin,
                std::min(rows, end * kernels::kBlockRows) - begin * kernels::kBlockRows);
  }
}

// Prepares a query for the codes of a cell. Neighbouring lists are in the same cell, so this is done once for most.
void ListScan::bind_to(std::size_t cell, std::size_t query) {
  if (progress_[query].cell == cell) return;
  progress_[query].cell = cell;
  queries_.rebind(query, layout_.codes.of_cell(cell));
  scans_[query].correction = queries_[query].codes.correction;
}

// Scans `rows` rows of a list from a block on.
void ListScan::scan_blocks(const Probe* probes, std::size_t count, std::uint64_t first_block, std::size_t rows) {
  const std::size_t lines = layout_.shape().lines();
  const kernels::ScanCodes scan_codes = scan_of(layout_.shape().form());
  const std::uint64_t bytes = kernels::block_bytes(lines);
  codes_scanned_ += count * rows;
  for (std::size_t done = 0; done < rows; done += kRowsBetweenChecks) {
    const std::size_t chunk = std::min(kRowsBetweenChecks, rows - done);
    const std::uint64_t block = first_block + done / kernels::kBlockRows;
    const std::uint64_t blocks = (chunk + kernels::kBlockRows - 1) / kernels::kBlockRows;
    const std::byte* const from = layout_.lists.codes->checked(block * bytes, (block + blocks) * bytes);
    const std::uint16_t* const allowed =
        allowance_.filtered.filter ? allowance_.filtered.filter->blocks(block) : nullptr;
    for (std::size_t i = 0; i < count; ++i) {
      list_scans_[i]->first = static_cast<std::uint32_t>(block * kernels::kBlockRows);
      list_scans_[i]->allowed = allowed;
    }
    scan_codes(storage::bytes_of(from), chunk, lines, list_scans_.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      if (list_scans_[i]->found > limit_of(probes[i].query)) thin(probes[i].query);
      if (list_scans_[i]->left_out_found > kMaxLeftOut) drop_left_out(probes[i].query);
    }
  }
}

void ListScan::thin(std::size_t query) {
  kernels::CodeScan& scan = scans_[query];
  const std::size_t depth = progress_[query].depth;
  if (scan.found <= depth) return;
  scan.found = kernels::table().codes.keep_least(scan.estimates, scan.numbers, scan.found, depth, &scan.threshold);
  keep_at_most(scan, kernels::max_kept(depth));
}

// Drops those that are farther than the neighbours found so far. If too many are left, they are only counted: it does
// not matter then how many more there are.
void ListScan::drop_left_out(std::size_t query) {
  kernels::CodeScan& scan = scans_[query];
  const float threshold = threshold_of(query, allowance_.filtered.k);
  float* const end = std::remove_if(scan.left_out, scan.left_out + scan.left_out_found,
                                    [=](float estimate) { return estimate > threshold; });
  scan.left_out_found = static_cast<std::size_t>(end - scan.left_out);
  if (scan.left_out_found <= kMaxLeftOut / 2) return;
  progress_[query].left_out += scan.left_out_found;
  scan.left_out_found = 0;
}

std::vector<RankedList> ListScan::ranked_lists(std::size_t query) const {
  std::vector<RankedList> lists;
  for (std::size_t i = first_probes_[query]; i < first_probes_[query + 1]; ++i)
    lists.push_back({probes_[i].distance, probes_[i].list});
  return lists;
}

std::span<const std::uint32_t> ListScan::candidates(std::size_t query) {
  thin(query);
  return {scans_[query].numbers, scans_[query].found};
}

}  // namespace nearabout::ivf

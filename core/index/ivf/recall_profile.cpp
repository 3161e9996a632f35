#include "index/ivf/recall_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/scored.h"
#include "base/threads.h"
#include "index/ivf/costs.h"
#include "index/ivf/groups.h"
#include "index/ivf/scan.h"
#include "quantize/byte_rows.h"
#include "storage/items.h"

namespace nearabout::ivf {
namespace {

using calibration::kCalibratedK;
using calibration::RankedList;

constexpr std::array<std::size_t, 34> kDepths{1,   2,   3,   4,   5,   6,   8,   10,  12,  14,  16,  20,
                                              24,  28,  32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                              192, 224, 256, 320, 384, 448, 512, 640, 768, 1024};
constexpr std::array<double, 17> kRecalls{0.5,  0.6,  0.7,   0.8,  0.85,   0.9,   0.925,  0.95, 0.96,
                                          0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999};
constexpr std::size_t kKept = kDepths.back();             // rows kept per query
constexpr std::size_t kQueryGroup = 128;                  // queries that go through the lists together
constexpr std::size_t kMaxProbes = std::size_t{4} << 20;  // probes of a group

// Returns 1, 2, 3, ... up to fewer than all lists: each at most one `part`-th more than the one before, from `part`
// lists on.
std::vector<std::size_t> ladder(std::size_t lists, std::size_t part) {
  std::vector<std::size_t> probes;
  for (std::size_t count = 1; count < lists; count += std::max<std::size_t>(1, count / part)) probes.push_back(count);
  return probes;
}
constexpr std::size_t kFine = 16;   // steps for measuring recall
constexpr std::size_t kCoarse = 6;  // steps for expected misses, which take longer to compute

// Returns the place of the last number that does not exceed the effort.
std::size_t last_within(const std::vector<std::size_t>& probes, std::size_t effort) {
  return static_cast<std::size_t>(std::upper_bound(probes.begin(), probes.end(), effort) - probes.begin()) - 1;
}

// Maps the row of each neighbour to its number: an open-addressing table, at most a quarter full.
class NumbersOfRows {
 public:
  explicit NumbersOfRows(const std::vector<std::uint32_t>& rows) : rows_(rows) {
    for (std::uint16_t number = 0; number < rows.size(); ++number) {
      std::size_t slot = slot_of(rows[number]);
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint16_t>(number + 1);
    }
  }
  std::uint32_t find(std::uint32_t row) const {
    for (std::size_t slot = slot_of(row); slots_[slot] != 0; slot = (slot + 1) % kSlots)
      if (rows_[slots_[slot] - 1u] == row) return slots_[slot] - 1u;
    return kNone;
  }

 private:
  static constexpr std::size_t kSlots = 512;
  static constexpr std::uint32_t kNone = 0xFFFF'FFFFu;
  static std::size_t slot_of(std::uint32_t row) { return row * 0x9E37'79B1u >> 23; }

  const std::vector<std::uint32_t>& rows_;
  std::array<std::uint16_t, kSlots> slots_{};
};
static_assert(calibration::kMaxNeighbours <= 128);

}  // namespace

IvfRecallProfile::IvfRecallProfile(const IvfLayout& layout, const PageCacheMonitor& page_cache,
                                   const calibration::CalibrationQueries& calibration_queries,
                                   const index::BuildOptions& build, const Monitor& monitor)
    : distance_source_(layout.distance_source),
      shape_(layout.shape()),
      row_bytes_(layout.compared_bytes()),
      tuning_(layout.tuning),
      probes_(ladder(layout.list_count(), kFine)),
      guarded_(ladder(layout.list_count(), kCoarse)),
      as_near_(calibration_queries.as_near) {
  probes_.push_back(layout.list_count());
  scanned_.assign(probes_.size(), 0);
  places_.assign(calibration_queries.count() * probes_.size() * calibration::kMaxNeighbours, Place{kUnreached, 0});
  for (const std::vector<std::uint32_t>& nearest : calibration_queries.nearest) neighbours_.push_back(nearest.size());
  list_of_block_.resize(layout.lists.blocks.back());
  for (std::uint32_t list = 0; list < layout.list_count(); ++list)
    std::fill(list_of_block_.begin() + layout.lists.blocks[list],
              list_of_block_.begin() + layout.lists.blocks[list + 1], list);
  // Use the same number of groups for each thread.
  const std::size_t waiting = build.memory == 0 ? kMaxProbes : kMaxProbes / 128;
  const std::size_t most = std::clamp<std::size_t>(waiting / layout.list_count(), 1, kQueryGroup);
  const std::size_t rounds = (calibration_queries.count() + most * build.threads - 1) / (most * build.threads);
  const std::size_t groups = std::max<std::size_t>(1, rounds * build.threads);
  const std::size_t group = std::max<std::size_t>(1, (calibration_queries.count() + groups - 1) / groups);
  std::vector<Seen> seen(calibration_queries.count());
  parallel_for(
      calibration_queries.count(), group, build.threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        look_at(layout, page_cache, calibration_queries, begin, end, seen);
      },
      monitor);
  list_of_block_.clear();
  if (layout.list_count() < kManyLists) fit_probes(seen);
  choose_limits(seen);
  parallel_for(calibration_queries.count(), 1, build.threads,
               [&](std::size_t query, std::size_t, std::size_t) { settle(query, seen[query]); });
  for (const Seen& own : seen)
    for (std::size_t step = 0; step < probes_.size(); ++step)
      scanned_[step] += rows_of(own, probes_[step]) / static_cast<double>(calibration_queries.count());
  choose_points(build.threads);
}

// Sends a group through all lists, as a search would.
void IvfRecallProfile::look_at(const IvfLayout& layout, const PageCacheMonitor& page_cache,
                               const calibration::CalibrationQueries& calibration_queries, std::size_t begin,
                               std::size_t end, std::vector<Seen>& seen) {
  ListScan scan(layout, page_cache);
  const calibration::EncodedQueries encoded(calibration_queries, Element::f32);
  scan.bind(encoded.view(), begin, end);
  scan.rank({layout.list_count(), std::min(kKept, layout.row_count()), true});
  scan.scan();
  for (std::size_t i = 0; i < end - begin; ++i) {
    Seen& own = seen[begin + i];
    own.square = scan.queries()[i].square;
    std::vector<RankedList> ranked = scan.ranked_lists(i);
    const std::vector<std::uint32_t> places = list_places(layout, ranked, own);
    take_candidates(layout, calibration_queries, begin + i, scan, i, places, own);
    if (distance_source_ == index::DistanceSource::vectors) expect_misses(layout, ranked, own);
  }
}

// Returns the place of each list in the ranking, nearest first.
std::vector<std::uint32_t> IvfRecallProfile::list_places(const IvfLayout& layout, std::vector<RankedList>& ranked,
                                                         Seen& seen) const {
  std::vector<Scored> order;
  order.reserve(ranked.size());
  for (const RankedList& list : ranked) order.emplace_back(list.distance, list.list);
  std::sort(order.begin(), order.end());
  std::transform(order.begin(), order.end(), ranked.begin(),
                 [](const Scored& list) { return RankedList{list.score(), list.row()}; });
  seen.nearest_square = std::max(0.0, double{ranked.front().distance} + seen.square);
  std::vector<std::uint32_t> places(layout.list_count(), static_cast<std::uint32_t>(layout.list_count() - 1));
  double rows = 0;
  for (std::uint32_t place = 0; place < ranked.size(); ++place) {
    places[ranked[place].list] = place;
    rows += layout.lists.sizes[ranked[place].list];
    if (place + 1 == probes_[seen.rows.size()]) seen.rows.push_back(rows);
  }
  seen.rows.resize(probes_.size(), rows);
  return places;
}

// Computes the misses that a search expects after its first round, for each number of lists.
void IvfRecallProfile::expect_misses(const IvfLayout& layout, const std::vector<RankedList>& ranked, Seen& seen) const {
  std::vector<Scored> order;
  for (const Candidate& candidate : seen.candidates) order.emplace_back(candidate.estimate, candidate.list_place);
  std::sort(order.begin(), order.end());
  for (const std::size_t probes : guarded_) {
    const std::size_t more =
        std::min(calibration::lists_beyond(probes), ranked.size() - std::min(ranked.size(), probes));
    std::size_t reached = 0;
    std::size_t place = 0;
    std::array<float, kCalibratedK.size()> thresholds;
    thresholds.fill(std::numeric_limits<float>::infinity());
    for (const Scored& candidate : order) {
      if (candidate.row() >= probes) continue;
      if (++reached == kCalibratedK[place]) thresholds[place++] = candidate.score();
      if (place == kCalibratedK.size()) break;
    }
    std::array<float, kCalibratedK.size()>& misses = seen.misses.emplace_back();
    for (std::size_t k = 0; k < kCalibratedK.size(); ++k)
      misses[k] = static_cast<float>(calibration::expected_rows(
          layout.lists.residuals, layout.guard.lambda, {ranked.data() + probes, more}, thresholds[k], seen.square));
  }
}

// Chooses the limit at each effort that most queries stay below.
void IvfRecallProfile::choose_limits(const std::vector<Seen>& seen) {
  std::vector<std::array<double, 2>> places;
  for (std::size_t query = 0; query < seen.size(); ++query)
    if (neighbours_[query] > 0 && !seen[query].misses.empty())
      places.push_back({seen[query].nearest_square, seen[query].square});
  guard_.see(places);
  for (const std::size_t effort : guarded_) {
    std::vector<std::array<float, kCalibratedK.size()>> misses;
    for (std::size_t query = 0; query < seen.size(); ++query) {
      if (neighbours_[query] == 0 || seen[query].misses.empty()) continue;
      const std::size_t lists =
          adaptive_probes_.lists(effort, probes_.back(), seen[query].nearest_square, seen[query].square);
      misses.push_back(seen[query].misses[last_within(guarded_, lists)]);
    }
    guard_.add(static_cast<double>(effort), misses);
  }
}

// Takes the candidates without the query's own row, its copies and its near copies; a query that is not a row has none
// of these.
void IvfRecallProfile::take_candidates(const IvfLayout& layout,
                                       const calibration::CalibrationQueries& calibration_queries, std::size_t query,
                                       ListScan& scan, std::size_t number, const std::vector<std::uint32_t>& places,
                                       Seen& seen) const {
  const std::span<const std::uint32_t> found = scan.candidates(number);
  const std::span<const float> estimates = scan.estimates(number);
  const std::uint64_t columns = layout.lists.rows->shape().columns;
  const NumbersOfRows numbers(calibration_queries.nearest[query]);
  std::vector<Candidate>& candidates = seen.candidates;
  candidates.reserve(found.size());
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> lists;
  std::optional<std::size_t> own;
  for (std::size_t i = 0; i < found.size(); ++i) {
    lists.push_back(list_of_block_[found[i] / kernels::kBlockRows]);
    const std::uint64_t entry = std::uint64_t{found[i]} * columns;
    const std::byte* const at =
        layout.lists.rows->checked(entry * sizeof(std::uint32_t), (entry + 1) * sizeof(std::uint32_t));
    const std::uint32_t row = *storage::items_of<std::uint32_t>(at);
    if (row >= layout.row_count()) layout.throw_row(row);
    if (!calibration_queries.rows.empty() && row == calibration_queries.rows[query]) own = i;
    rows.push_back(row);
    candidates.push_back({estimates[i], 0, places[lists[i]], numbers.find(row)});
  }
  if (distance_source_ == index::DistanceSource::int8)
    rank_by_bytes(layout, calibration_queries.vector(query), rows, candidates);
  const auto copy = [&](std::size_t i) {
    return (own && estimates[i] == estimates[*own] && lists[i] == lists[*own]) ||
           calibration_queries.is_near_copy(query, rows[i]);
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!copy(i)) candidates[kept++] = candidates[i];
  candidates.resize(kept);
}

void IvfRecallProfile::rank_by_bytes(const IvfLayout& layout, const float* query,
                                     const std::vector<std::uint32_t>& rows, std::vector<Candidate>& candidates) const {
  const quantize::BoundByteQuery bound(layout.byte_rows.steps, layout.transform, query);
  const MatrixView codes = layout.byte_rows.codes->matrix();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    layout.byte_rows.codes->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
    const float square = layout.byte_rows.squares ? layout.byte_rows.squares->items<float>(rows[i], 1)[0] : 0;
    double rank = 0;
    bound.rdists({codes.data, codes.stride, &rows[i], 1}, &square, &rank);
    candidates[i].rank = static_cast<float>(rank);
  }
}

// Fits the adaptive probes. The lists that a query needs are those of all but one of its ten nearest.
void IvfRecallProfile::fit_probes(const std::vector<Seen>& seen) {
  constexpr std::size_t kNearest = 10;
  std::vector<ProbedQuery> queries;
  for (std::size_t query = 0; query < seen.size(); ++query) {
    const std::size_t wanted = std::min(kNearest, neighbours_[query]);
    if (wanted == 0) continue;
    std::vector<std::size_t> places(wanted, probes_.back() - 1);
    for (const Candidate& candidate : seen[query].candidates)
      if (candidate.neighbour < wanted) places[candidate.neighbour] = candidate.list_place;
    std::sort(places.begin(), places.end());
    const std::size_t last = places[wanted > 1 ? wanted - 2 : 0];
    queries.push_back({seen[query].nearest_square, seen[query].square, static_cast<double>(last + 1)});
  }
  adaptive_probes_ = fit_adaptive_probes(queries);
}

// Returns the rows that a query scans with an effort.
double IvfRecallProfile::rows_of(const Seen& seen, std::size_t effort) const {
  const std::size_t lists = adaptive_probes_.lists(effort, probes_.back(), seen.nearest_square, seen.square);
  const auto step = static_cast<std::size_t>(std::lower_bound(probes_.begin(), probes_.end(), lists) - probes_.begin());
  if (step == 0 || probes_[step] == lists) return seen.rows[step];
  const double part =
      static_cast<double>(lists - probes_[step - 1]) / static_cast<double>(probes_[step] - probes_[step - 1]);
  return seen.rows[step - 1] + part * (seen.rows[step] - seen.rows[step - 1]);
}

// Computes at which step each candidate is reached, and which candidates precede the neighbours among them.
void IvfRecallProfile::settle(std::size_t query, const Seen& seen) {
  std::vector<std::size_t> reached;  // lists, at each step
  for (const std::size_t effort : probes_)
    reached.push_back(adaptive_probes_.lists(effort, probes_.back(), seen.nearest_square, seen.square));
  std::vector<std::uint16_t> steps;
  for (const Candidate& candidate : seen.candidates)
    steps.push_back(static_cast<std::uint16_t>(std::upper_bound(reached.begin(), reached.end(), candidate.list_place) -
                                               reached.begin()));
  place(
      query, seen.candidates, steps, [](const Candidate& c) { return c.estimate; },
      [](Place& place) -> std::uint16_t& { return place.nearer; });
  if (distance_source_ != index::DistanceSource::int8) return;
  place(
      query, seen.candidates, steps, [](const Candidate& c) { return c.rank; },
      [](Place& place) -> std::uint16_t& { return place.better; });
}

// Counts, for each neighbour and each step, the reached candidates that precede it in the order of `rank`. Neighbours
// are few: they are sorted, and each candidate falls between two of them.
template <class Rank, class Of>
void IvfRecallProfile::place(std::size_t query, const std::vector<Candidate>& candidates,
                             const std::vector<std::uint16_t>& steps, Rank rank, Of of) {
  std::vector<Scored> order;  // neighbours among the candidates, by the numbers of the latter
  for (std::uint32_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].neighbour < neighbours_[query]) order.emplace_back(rank(candidates[i]), i);
  std::sort(order.begin(), order.end());
  const std::size_t count = probes_.size();
  std::vector<std::uint16_t> counts((order.size() + 1) * count, 0);  // candidates before each neighbour, at each step
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    const auto after = std::upper_bound(order.begin(), order.end(), Scored(rank(candidates[i]), i));
    ++counts[static_cast<std::size_t>(after - order.begin()) * count + steps[i]];
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t neighbour = order[i].row();
    std::uint16_t* const own = counts.data() + i * count;
    std::uint32_t sum = 0;
    for (std::size_t step = 0; step < count; ++step) {
      sum += own[step];
      if (step >= steps[neighbour])
        of(places(query, step)[candidates[neighbour].neighbour]) = static_cast<std::uint16_t>(sum);
    }
    for (std::size_t step = 0; step < count; ++step)
      own[count + step] = static_cast<std::uint16_t>(own[count + step] + own[step]);
  }
}

bool IvfRecallProfile::is_found(const Place& place, std::size_t k, std::size_t depth) const {
  if (distance_source_ == index::DistanceSource::codes_alone) return place.nearer < k;
  return place.nearer < depth && place.better < k;
}

std::vector<double> IvfRecallProfile::found(std::size_t k, std::size_t effort) const {
  const std::size_t step = last_within(probes_, effort);
  const std::size_t depth = curves_.depth(effort, k);
  const bool everything =
      effort >= probes_.back() && distance_source_ == index::DistanceSource::vectors;  // the exact scan
  std::vector<double> counts;
  for (std::size_t query = 0; query < neighbours_.size(); ++query) {
    const Place* const own = places(query, step);
    const std::size_t wanted = std::min(k, neighbours_[query]);
    const std::size_t as_near = calibration::count_as_near(as_near_[query], neighbours_[query], k);
    const auto is = [&](const Place& place) { return everything || is_found(place, k, depth); };
    counts.push_back(static_cast<double>(
        std::min<std::ptrdiff_t>(std::count_if(own, own + as_near, is), static_cast<std::ptrdiff_t>(wanted))));
  }
  return counts;
}

double IvfRecallProfile::nanoseconds(const PartCosts& parts, std::size_t step, double depth) const {
  const auto probes = static_cast<double>(probes_[step]);
  const double shared = static_cast<double>(kTogetherByBytes) * probes / static_cast<double>(probes_.back());
  return scanned_[step] * parts.scan(shape_, shared) + probes * parts.list + depth * parts.compare_row(row_bytes_);
}

calibration::ProfileCost IvfRecallProfile::cost(std::size_t k, std::size_t effort) const {
  const std::size_t step = last_within(probes_, effort);
  const auto depth =
      static_cast<double>(distance_source_ == index::DistanceSource::codes_alone ? 0 : curves_.depth(effort, k));
  const double nanoseconds_taken = weigh(tuning_, [&](const PartCosts& parts) {
    return parts.ranking(probes_.back(), effort, shape_.directions) + nanoseconds(parts, step, depth);
  });
  return {scanned_[step] + depth, 1e-9 * nanoseconds_taken};
}

// Neighbours found, by the step of lists and the depth.
struct IvfRecallProfile::Found {
  double all = 0;
  std::vector<std::array<double, kDepths.size()>> counts;

  // Returns nearly the highest recall reached, by a margin below the error of the measurement: the last hundredth would
  // often need all lists.
  double nearly_most() const {
    constexpr double kNearly = 0.005;
    double most = 0;
    for (const auto& of_depths : counts) most = std::max(most, of_depths.back() / std::max(all, 1.0));
    return std::max(most - kNearly, most / 2);
  }
};

IvfRecallProfile::Found IvfRecallProfile::count_all(std::size_t k, std::size_t threads) const {
  Found found{0, std::vector<std::array<double, kDepths.size()>>(probes_.size())};
  for (const std::size_t count : neighbours_) found.all += static_cast<double>(std::min(k, count));
  const bool by_codes = distance_source_ == index::DistanceSource::codes_alone;
  std::array<std::uint8_t, kKept + 1> first_depth{};  // first depth that reaches a place
  for (std::size_t nearer = 0, depth = 0; nearer < kKept; ++nearer) {
    if (nearer >= kDepths[depth]) ++depth;
    first_depth[nearer] = static_cast<std::uint8_t>(depth);
  }
  parallel_for(probes_.size(), 1, threads, [&](std::size_t step, std::size_t, std::size_t) {
    auto& counts = found.counts[step];
    for (std::size_t query = 0; query < neighbours_.size(); ++query) {
      const Place* const own = places(query, step);
      for (std::size_t i = 0; i < std::min(k, neighbours_[query]); ++i)
        if (own[i].nearer < (by_codes ? k : kKept) && own[i].better < k) ++counts[first_depth[own[i].nearer]];
    }
    for (std::size_t depth = 1; depth < kDepths.size(); ++depth) counts[depth] += counts[depth - 1];
    if (by_codes) counts.fill(counts.back());
  });
  return found;
}

CurvePoint IvfRecallProfile::cheapest(double recall, std::size_t k, const Found& found) const {
  CurvePoint best{0, 0, 0};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t step = 0; step < probes_.size(); ++step)
    for (std::size_t d = 0; d < kDepths.size(); ++d) {
      if (kDepths[d] < k || found.counts[step][d] < recall * std::max(found.all, 1.0)) continue;
      const auto depth = static_cast<double>(kDepths[d]);
      const double cost = weigh(tuning_, [&](const PartCosts& parts) { return nanoseconds(parts, step, depth); });
      if (cost >= least) continue;
      least = cost;
      best = {found.counts[step][d] / found.all, static_cast<double>(probes_[step]), depth};
    }
  return best;
}

void IvfRecallProfile::choose_points(std::size_t threads) {
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
    const Found found = count_all(kCalibratedK[place], threads);
    std::vector<double> wanted(kRecalls.begin(), kRecalls.end());
    if (distance_source_ != index::DistanceSource::vectors) {
      const double most = found.nearly_most();
      std::erase_if(wanted, [=](double recall) { return recall > most; });
      if (most > 0 && most < kRecalls.back()) wanted.push_back(most);
    }
    std::vector<CurvePoint>& points = curves_.points[place];
    for (const double recall : wanted) {
      CurvePoint best = cheapest(recall, kCalibratedK[place], found);
      if (best.probes == 0) break;
      if (!points.empty()) {
        best.probes = std::max(best.probes, points.back().probes);
        best.depth = std::max(best.depth, points.back().depth);
      }
      points.push_back(best);
    }
  }
}

void IvfRecallProfile::write(storage::Writer& writer) const {
  std::vector<double> numbers;
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place)
    for (const CurvePoint& point : curves_.points[place])
      numbers.insert(numbers.end(),
                     {static_cast<double>(kCalibratedK[place]), point.recall, point.probes, point.depth});
  writer.add<double>(storage::SectionId::curve, {numbers.size() / 4, 4}, numbers);
  // Written even if it is not used: it replaces one that was learnt from other queries.
  const AdaptiveProbes probes = adaptive_probes_.used ? adaptive_probes_ : AdaptiveProbes{};
  const double numbers_of_model[] = {probes.intercept,     probes.w_distance,        probes.w_norm,
                                     probes.scale,         probes.distance_range[0], probes.distance_range[1],
                                     probes.norm_range[0], probes.norm_range[1]};
  writer.add<double>(storage::SectionId::adaptive_probes, {1, 8}, numbers_of_model);
  calibration::write_guard(writer, guard_);
}

}  // namespace nearabout::ivf

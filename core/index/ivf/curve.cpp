#include "index/ivf/curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/threads.h"
#include "index/ivf/costs.h"
#include "kernels/kernels.h"
#include "quantize/byte_vector.h"
#include "storage/items.h"

namespace nearabout {
namespace {

using kernels::kBlockRows;
using storage::items_of;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::array<std::size_t, 19> kDepths{10, 12, 14, 16, 20,  24,  28,  32,  40,  48,
                                              56, 64, 80, 96, 128, 192, 384, 640, 1024};
constexpr std::array<double, 15> kRecalls{0.5,  0.6,  0.7,  0.8,   0.85, 0.9,   0.925, 0.95,
                                          0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999};
constexpr std::size_t kKept = kDepths.back();  // rows of a query

// 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, ... and all lists: each about a sixth more than the one before.
std::vector<std::size_t> probes_to_try(std::size_t lists) {
  std::vector<std::size_t> probes;
  for (std::size_t count = 1; count < lists; count += 1 + count / 6) probes.push_back(count);
  probes.push_back(lists);
  return probes;
}

// Of a row, to know its copies by: codes and terms of equal rows are equal.
class OwnCodes {
 public:
  OwnCodes(const EncodedRows& encoded, std::size_t row, std::size_t bytes) : encoded_(encoded) {
    std::vector<std::byte> buffer;
    facts_ = *items_of<RowFacts>(encoded.facts.read(row, row + 1, buffer));
    const std::byte* const codes = encoded.codes.read(row, row + 1, buffer);
    codes_.assign(codes, codes + bytes);
  }
  bool same(std::size_t row, const RowFacts& facts) const {
    if (facts.list != facts_.list || facts.terms.offset != facts_.terms.offset ||
        facts.terms.scale != facts_.terms.scale)
      return false;
    std::vector<std::byte> buffer;
    return std::equal(codes_.begin(), codes_.end(), encoded_.codes.read(row, row + 1, buffer));
  }

 private:
  const EncodedRows& encoded_;
  RowFacts facts_{};
  std::vector<std::byte> codes_;
};

}  // namespace

CurveMeasure::CurveMeasure(const LearntLists& learnt, const EncodedRows& encoded, Trials& trials,
                           const std::vector<std::uint32_t>& sizes, std::size_t threads)
    : learnt_(learnt),
      encoded_(encoded),
      codes_(learnt.shape),
      sizes_(sizes),
      threads_(threads),
      probes_(probes_to_try(sizes.size())),
      queries_(trials.count()) {
  parallel_for(trials.count(), 1, threads,
               [&](std::size_t number, std::size_t, std::size_t) { bind(trials, number, queries_[number]); });
}

void CurveMeasure::bind(Trials& trials, std::size_t number, Query& query) const {
  if (!trials.rows.empty()) query.row = trials.rows[number];
  query.vector = std::move(trials.vectors[number]);
  const LearntDirections& directions = learnt_.directions;
  // What a search would make of it: floats are rounded to bytes before they are projected.
  float* const vector = trials.lifted.data() + number * directions.dims;
  if (!learnt_.squares || learnt_.lift.space() != Space::squared) {
    std::vector<std::int8_t> bytes(directions.dims);
    const float scale = to_bytes(vector, directions.dims, bytes.data());
    for (std::size_t j = 0; j < directions.dims; ++j) vector[j] = scale * static_cast<float>(bytes[j]);
  }
  query.image.resize(directions.outputs);
  kernels::table().project(vector, 1, directions.dims, directions.matrix.data(), directions.outputs,
                           query.image.data());
  query.tables = aligned_bytes(learnt_.shape.codes() * kernels::kTableBytes);
  query.unit =
      codes_.fill_tables(query.image.data(), static_cast<std::int8_t*>(static_cast<void*>(query.tables.get())));
  query.threshold = kInfinity;
  for (const Neighbour& found : trials.nearest[number].take_sorted()) query.neighbours.push_back(found.row);
  if (!query.neighbours.empty()) rank_lists(query);
}

void CurveMeasure::rank_lists(Query& query) const {
  const std::size_t m = learnt_.shape.directions;
  const std::size_t lists = learnt_.lists();
  query.bases.resize(lists);
  for (std::size_t c = 0; c < lists; ++c) {
    float sums[8] = {};  // m is a multiple of eight
    const std::int8_t* const centroid = learnt_.centroids.data() + c * m;
    for (std::size_t j = 0; j < m; j += 8)
      for (std::size_t lane = 0; lane < 8; ++lane) {
        const float apart = query.image[j + lane] - learnt_.point_step * static_cast<float>(centroid[j + lane]);
        sums[lane] += apart * apart;
      }
    query.bases[c] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }
  std::vector<std::uint32_t> order(lists);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return query.bases[a] < query.bases[b] || (query.bases[a] == query.bases[b] && a < b);
  });
  query.steps.resize(lists);
  query.scanned.assign(probes_.size(), 0);
  std::size_t step = 0;
  for (std::size_t place = 0; place < lists; ++place) {
    if (place >= probes_[step]) ++step;
    query.steps[order[place]] = static_cast<std::uint8_t>(step);
    query.scanned[step] += sizes_[order[place]];
  }
  std::partial_sum(query.scanned.begin(), query.scanned.end(), query.scanned.begin());
}

void CurveMeasure::look_at(const std::vector<PackedList>& packed) {
  parallel_for(queries_.size(), 1, threads_, [&](std::size_t number, std::size_t, std::size_t) {
    if (queries_[number].neighbours.empty()) return;
    for (const PackedList& list : packed) scan(list, queries_[number]);
  });
}

void CurveMeasure::scan(const PackedList& packed, Query& query) const {
  constexpr std::size_t kChunkRows = 1'024;
  const auto& codes = kernels::table().codes;
  query.rows.resize(3 * kKept + 2 * kBlockRows);
  query.estimates.resize(query.rows.size());
  const std::size_t columns = learnt_.list_columns();
  for (std::size_t done = 0; done < packed.count; done += kChunkRows) {
    const std::size_t before = query.found;
    kernels::CodeScan scan{static_cast<std::int8_t*>(static_cast<void*>(query.tables.get())),
                           query.bases[packed.list] + packed.steps.offset_low,
                           packed.steps.offset_step,
                           -query.unit * packed.steps.scale_step,
                           query.threshold,
                           static_cast<std::uint32_t>(done),
                           query.rows.data(),
                           query.estimates.data(),
                           before};
    kernels::CodeScan* const scans[] = {&scan};
    codes.scan(packed.blocks.data() + done / kBlockRows * kernels::block_bytes(learnt_.shape.lines()),
               std::min(kChunkRows, packed.count - done), learnt_.shape.lines(), scans, 1);
    query.found = scan.found;
    for (std::size_t i = before; i < query.found; ++i) query.rows[i] = packed.rows[query.rows[i] * columns];
    if (query.found > 2 * kKept)
      query.found = std::min(kernels::kept_at_most(kKept), codes.keep_least(query.estimates.data(), query.rows.data(),
                                                                            query.found, kKept, &query.threshold));
  }
}

// Where vectors are not compared, the query's own row and exact copies of it, which are no neighbours, take no places
// of neighbours either: a query that is no row has none.
void CurveMeasure::finish(Query& query) const {
  std::optional<OwnCodes> own;
  if (learnt_.answers != Answers::vectors && query.row) own.emplace(encoded_, *query.row, learnt_.shape.bytes());
  std::vector<std::byte> buffer;
  for (std::size_t i = 0; i < query.found; ++i) {
    const std::uint32_t row = query.rows[i];
    const RowFacts facts = *items_of<RowFacts>(encoded_.facts.read(row, row + std::size_t{1}, buffer));
    if (own && own->same(row, facts)) continue;
    const bool neighbour = std::find(query.neighbours.begin(), query.neighbours.end(), row) != query.neighbours.end();
    query.candidates.push_back({query.estimates[i], query.steps[facts.list], row, neighbour, 0});
  }
  std::sort(query.candidates.begin(), query.candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.estimate < b.estimate; });
}

void CurveMeasure::finish_all() {
  if (finished_) return;
  finished_ = true;
  parallel_for(queries_.size(), 1, threads_,
               [&](std::size_t number, std::size_t, std::size_t) { finish(queries_[number]); });
}

// Neighbours found, by the step of lists and the depth.
struct CurveMeasure::Found {
  explicit Found(std::size_t steps) : counts(steps) {}
  double all = 0;
  std::vector<std::array<double, kDepths.size()>> counts;
  double nearly_most(std::size_t depths) const;
};

void CurveMeasure::bind_bytes(const ByteSteps& steps) {
  finish_all();
  for (Query& query : queries_) {
    byte_queries_.emplace_back(steps, learnt_.lift, query.vector.data());
    query.by_row.resize(query.candidates.size());
    std::iota(query.by_row.begin(), query.by_row.end(), 0u);
    std::sort(query.by_row.begin(), query.by_row.end(),
              [&](std::uint32_t a, std::uint32_t b) { return query.candidates[a].row < query.candidates[b].row; });
  }
}

void CurveMeasure::look_at_bytes(std::size_t first, std::size_t count, const std::int8_t* codes, const float* squares) {
  const std::size_t dims = learnt_.lift.inputs();
  parallel_for(queries_.size(), 1, threads_, [&](std::size_t number, std::size_t, std::size_t) {
    Query& query = queries_[number];
    for (; query.seen < query.by_row.size(); ++query.seen) {
      Candidate& candidate = query.candidates[query.by_row[query.seen]];
      if (candidate.row >= first + count) break;
      const std::size_t place = candidate.row - first;
      byte_queries_[number].ranks({codes + place * dims, dims, nullptr, 1}, squares + place, &candidate.rank);
    }
  });
}

void CurveMeasure::count(const Query& query, Found& found) const {
  for (std::size_t step = 0; step < probes_.size(); ++step) {
    std::size_t nearer = 0;  // of the rows within reach
    for (const Candidate& candidate : query.candidates) {
      if (candidate.step > step) continue;
      for (std::size_t d = 0; candidate.neighbour && d < kDepths.size(); ++d)
        found.counts[step][d] += nearer < kDepths[d] ? 1 : 0;
      ++nearer;
    }
  }
}

// Neighbours count that are among the nearest by their bytes, of those that are compared.
void CurveMeasure::count_ranked(const Query& query, Found& found) const {
  for (std::size_t step = 0; step < probes_.size(); ++step) {
    TopK nearest(kCurveNeighbours);
    std::size_t d = 0;
    std::size_t compared = 0;
    const auto count_now = [&] {
      double neighbours = 0;
      for (const Neighbour& kept : TopK(nearest).take_sorted())
        neighbours += query.candidates[kept.row].neighbour ? 1 : 0;
      found.counts[step][d++] += neighbours;
    };
    for (std::size_t place = 0; place < query.candidates.size() && d < kDepths.size(); ++place) {
      if (query.candidates[place].step > step) continue;
      nearest.push(query.candidates[place].rank, static_cast<std::uint32_t>(place));
      if (++compared == kDepths[d]) count_now();
    }
    while (d < kDepths.size()) count_now();
  }
}

CurvePoint CurveMeasure::cheapest(double recall, const Found& found, const std::vector<double>& scanned,
                                  std::size_t row_bytes) const {
  CurvePoint best{0, 0, 0};
  double least = std::numeric_limits<double>::infinity();
  const std::size_t depths = learnt_.answers == Answers::small_codes ? 1 : kDepths.size();
  for (std::size_t step = 0; step < probes_.size(); ++step)
    for (std::size_t d = 0; d < depths; ++d) {
      if (found.counts[step][d] < recall * std::max(found.all, 1.0)) continue;
      const auto probes = static_cast<double>(probes_[step]);
      const auto depth = static_cast<double>(kDepths[d]);
      const double cost = scanned[step] / static_cast<double>(queries_.size()) * scan_cost(learnt_.shape) +
                          probes * kListCost + depth * compare_cost(row_bytes);
      if (cost >= least) continue;
      least = cost;
      best = {found.counts[step][d] / found.all, probes, depth};
    }
  return best;
}

// What is nearly the most that was reached, by less than the measurement is off by: the last hundredth would often
// take all lists.
double CurveMeasure::Found::nearly_most(std::size_t depths) const {
  constexpr double kNearly = 0.005;
  double most = 0;
  for (const auto& depth_counts : counts)
    for (std::size_t d = 0; d < depths; ++d) most = std::max(most, depth_counts[d] / std::max(all, 1.0));
  return std::max(most - kNearly, most / 2);
}

std::vector<CurvePoint> CurveMeasure::points(std::size_t row_bytes) {
  Found found(probes_.size());
  std::vector<double> scanned(probes_.size(), 0);
  finish_all();
  for (const Query& query : queries_) {
    if (query.neighbours.empty()) continue;
    found.all += static_cast<double>(query.neighbours.size());
    if (learnt_.answers == Answers::byte_codes)
      count_ranked(query, found);
    else
      count(query, found);
    for (std::size_t step = 0; step < probes_.size(); ++step) scanned[step] += query.scanned[step];
  }
  std::vector<double> wanted(kRecalls.begin(), kRecalls.end());
  if (learnt_.answers != Answers::vectors) {
    const double most = found.nearly_most(learnt_.answers == Answers::small_codes ? 1 : kDepths.size());
    std::erase_if(wanted, [=](double recall) { return recall > most; });
    if (most > 0 && most < kRecalls.back()) wanted.push_back(most);
  }
  std::vector<CurvePoint> points;
  for (const double recall : wanted) {
    CurvePoint best = cheapest(recall, found, scanned, row_bytes);
    if (best.probes == 0) break;
    if (!points.empty()) {
      best.probes = std::max(best.probes, points.back().probes);
      best.depth = std::max(best.depth, points.back().depth);
    }
    points.push_back(best);
  }
  return points;
}

}  // namespace nearabout

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

void CurveMeasure::finish(Query& query) const {
  std::vector<std::byte> buffer;
  for (std::size_t i = 0; i < query.found; ++i) {
    const std::size_t row = query.rows[i];
    const RowFacts facts = *items_of<RowFacts>(encoded_.facts.read(row, row + 1, buffer));
    const bool neighbour =
        std::find(query.neighbours.begin(), query.neighbours.end(), query.rows[i]) != query.neighbours.end();
    query.candidates.push_back({query.estimates[i], query.steps[facts.list], neighbour});
  }
  std::sort(query.candidates.begin(), query.candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.estimate < b.estimate; });
}

// Neighbours found, by the step of lists and the depth.
struct CurveMeasure::Found {
  explicit Found(std::size_t steps) : counts(steps) {}
  double all = 0;
  std::vector<std::array<double, kDepths.size()>> counts;
};

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

std::vector<CurvePoint> CurveMeasure::points(std::size_t row_bytes) {
  Found found(probes_.size());
  std::vector<double> scanned(probes_.size(), 0);
  parallel_for(queries_.size(), 1, threads_,
               [&](std::size_t number, std::size_t, std::size_t) { finish(queries_[number]); });
  for (const Query& query : queries_) {
    if (query.neighbours.empty()) continue;
    found.all += static_cast<double>(query.neighbours.size());
    count(query, found);
    for (std::size_t step = 0; step < probes_.size(); ++step) scanned[step] += query.scanned[step];
  }
  std::vector<CurvePoint> points;
  for (const double recall : kRecalls) {
    CurvePoint best{0, 0, 0};
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t step = 0; step < probes_.size(); ++step)
      for (std::size_t d = 0; d < kDepths.size(); ++d) {
        if (found.counts[step][d] < recall * std::max(found.all, 1.0)) continue;
        const auto probes = static_cast<double>(probes_[step]);
        const auto depth = static_cast<double>(kDepths[d]);
        const double cost = scanned[step] / static_cast<double>(queries_.size()) * scan_cost(learnt_.shape) +
                            probes * kListCost + depth * compare_cost(row_bytes);
        if (cost >= least) continue;
        least = cost;
        best = {found.counts[step][d] / found.all, probes, depth};
      }
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

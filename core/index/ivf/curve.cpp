#include "index/ivf/curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/norm.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout {
namespace {

using kernels::kBlockRows;

constexpr std::array<std::size_t, 19> kDepths{10, 12, 14, 16,  20,  24,  28,  32,   40,  48,
                                              64, 80, 96, 128, 192, 256, 384, 1024, 4096};
constexpr std::array<double, 15> kRecalls{0.5,  0.6,  0.7,  0.8,   0.85, 0.9,   0.925, 0.95,
                                          0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999};

// 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, ... and all lists: each about a sixth more than the one before.
std::vector<std::size_t> probes_to_try(std::size_t lists) {
  std::vector<std::size_t> probes;
  for (std::size_t count = 1; count < lists; count += 1 + count / 6) probes.push_back(count);
  probes.push_back(lists);
  return probes;
}

// Nanoseconds (measured with AVX-512; only ratios matter) of a row's codes, of looking into a list at all, and of
// comparing a row in full: the memory has to be waited for, in part.
double scan_cost(const CodeShape& shape) { return 0.15 + 0.018 * static_cast<double>(shape.bytes()); }
constexpr double kListCost = 25;
double compare_cost(std::size_t row_bytes) { return 15 + 0.06 * static_cast<double>(row_bytes); }

}  // namespace

CurveMeasure::CurveMeasure(const LearntLists& learnt, const EncodedRows& encoded, Trials& trials,
                           const std::vector<std::uint32_t>& sizes, std::size_t threads)
    : learnt_(learnt),
      codes_(learnt.shape),
      sizes_(sizes),
      threads_(threads),
      probes_(probes_to_try(sizes.size())),
      queries_(trials.count()) {
  parallel_for(trials.count(), 1, threads,
               [&](std::size_t number, std::size_t, std::size_t) { bind(encoded, trials, number, queries_[number]); });
}

void CurveMeasure::bind(const EncodedRows& encoded, Trials& trials, std::size_t number, Query& query) const {
  const LearntDirections& directions = learnt_.directions;
  query.image.resize(directions.outputs);
  kernels::table().project(trials.lifted.data() + number * directions.dims, 1, directions.dims,
                           directions.matrix.data(), directions.outputs, query.image.data());
  query.tables.resize(learnt_.shape.codes() * kernels::kTableBytes + 64);
  query.unit = codes_.fill_tables(query.image.data(), query.tables.data());
  rank_lists(query);

  using storage::items_of;
  std::vector<std::byte> facts_buffer, codes_buffer;
  query.threshold = -std::numeric_limits<float>::infinity();
  for (const nearabout::Neighbour& found : trials.nearest[number].take_sorted()) {
    const std::size_t row = found.row;
    const RowFacts facts = *items_of<RowFacts>(encoded.facts.read(row, row + 1, facts_buffer));
    const auto* const packed = items_of<std::uint8_t>(encoded.codes.read(row, row + 1, codes_buffer));
    const double estimate = double{query.bases[facts.list]} + codes_.estimate(query.image.data(), packed, facts.terms);
    query.neighbours.push_back({query.steps[facts.list], static_cast<float>(estimate)});
    query.threshold = std::max(query.threshold, query.neighbours.back().estimate);
  }
  query.rivals.assign(probes_.size() * query.neighbours.size(), 0);
}

void CurveMeasure::rank_lists(Query& query) const {
  const std::size_t m = learnt_.shape.directions;
  const std::size_t lists = learnt_.lists();
  query.bases.resize(lists);
  for (std::size_t c = 0; c < lists; ++c) {
    float sums[4] = {};
    const std::int8_t* const centroid = learnt_.centroids.data() + c * m;
    for (std::size_t j = 0; j < m; ++j) {
      const float apart = query.image[j] - learnt_.point_step * static_cast<float>(centroid[j]);
      sums[j % 4] += apart * apart;
    }
    query.bases[c] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
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
    std::vector<std::uint32_t> numbers;
    std::vector<float> estimates;
    for (const PackedList& list : packed) scan(list, queries_[number], numbers, estimates);
  });
}

void CurveMeasure::scan(const PackedList& packed, Query& query, std::vector<std::uint32_t>& numbers,
                        std::vector<float>& estimates) const {
  const std::size_t room = packed.count + 2 * kBlockRows;
  if (numbers.size() < room) {
    numbers.resize(room);
    estimates.resize(room);
  }
  kernels::CodeScan scan{query.tables.data(),      query.bases[packed.list] + packed.steps.offset_low,
                         packed.steps.offset_step, -query.unit * packed.steps.scale_step,
                         query.threshold,          numbers.data(),
                         estimates.data(),         0};
  kernels::table().codes.scan(packed.blocks.data(), packed.count, learnt_.shape.lines(), 0, &scan, 1);
  std::uint32_t* const rivals = query.rivals.data() + query.steps[packed.list] * query.neighbours.size();
  for (std::size_t i = 0; i < scan.found; ++i)
    for (std::size_t n = 0; n < query.neighbours.size(); ++n)
      rivals[n] += estimates[i] < query.neighbours[n].estimate ? 1u : 0u;
}

std::vector<CurvePoint> CurveMeasure::points(std::size_t row_bytes) const {
  // found[step][depth]: neighbours in the lists of the step with fewer rivals there than the depth.
  std::vector<std::array<double, kDepths.size()>> found(probes_.size());
  std::vector<double> scanned(probes_.size(), 0);
  double all = 0;
  for (const Query& query : queries_) {
    all += static_cast<double>(query.neighbours.size());
    for (std::size_t step = 0; step < probes_.size(); ++step)
      scanned[step] += query.scanned[step] / static_cast<double>(queries_.size());
    for (std::size_t n = 0; n < query.neighbours.size(); ++n) {
      std::size_t rivals = 0;
      for (std::size_t step = 0; step < probes_.size(); ++step) {
        rivals += query.rivals[step * query.neighbours.size() + n];
        if (step < query.neighbours[n].step) continue;
        for (std::size_t d = 0; d < kDepths.size(); ++d) found[step][d] += rivals < kDepths[d] ? 1 : 0;
      }
    }
  }
  std::vector<CurvePoint> points;
  if (all == 0) return points;
  for (const double recall : kRecalls) {
    CurvePoint best{0, 0, 0};
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t step = 0; step < probes_.size(); ++step)
      for (std::size_t d = 0; d < kDepths.size(); ++d) {
        if (found[step][d] < recall * all) continue;
        const double cost = scanned[step] * scan_cost(learnt_.shape) + static_cast<double>(probes_[step]) * kListCost +
                            static_cast<double>(kDepths[d]) * compare_cost(row_bytes);
        if (cost >= least) continue;
        least = cost;
        best = {found[step][d] / all, static_cast<double>(probes_[step]), static_cast<double>(kDepths[d])};
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

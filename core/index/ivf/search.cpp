// Searches lists of codes, a group of queries at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>

#include "base/threads.h"
#include "index/ivf/compare.h"
#include "index/ivf/recall_profile.h"
#include "index/ivf/scan.h"
#include "index/queries.h"
#include "index/search_stats.h"

namespace nearabout {
namespace {

// Queries that go through the lists together. With many lists, few of 128 queries probe the same one.
constexpr std::size_t kGroup = 128;
constexpr std::size_t kLargestGroup = 512;
constexpr std::size_t kListsPerQuery = 8;
constexpr double kQueryNanoseconds = 3'000;                 // approximate
constexpr std::size_t kWaitingMost = std::size_t{4} << 20;  // waiting rows of a group

}  // namespace

// One thread's work space, used for one group of queries at a time.
class IvfSearch {
 public:
  explicit IvfSearch(const IvfIndex& index) : scan_(index), comparison_(index) {}

  struct Group {
    MatrixView queries;
    std::size_t begin, end;
  };
  void run(const IvfIndex& index, const Group& group, const IvfBudget& allowance, const Request& request,
           SearchStats* stats, Results& results) {
    StageTimer clock(stats);
    scan_.bind(group.queries, group.begin, group.end);
    clock.finish("bind");
    scan_.rank(allowance);
    clock.finish("rank");
    scan_.scan();
    scan_.extend();
    clock.finish("scan");
    comparison_.run(scan_, group.queries, group.begin, request, results);
    note_efforts(group, results);
    clock.finish("compare");
    if (stats) count(index, *stats);
  }

 private:
  // Records the effort of each query.
  void note_efforts(const Group& group, Results& results) {
    for (std::size_t i = 0; i < scan_.queries().count(); ++i) {
      const std::int64_t effort = scan_.wants_every_row(i) ? kEveryRow : static_cast<std::int64_t>(scan_.probes(i));
      results.set_effort(group.begin + i, effort);
      results.set_out_of_distribution(group.begin + i, scan_.out_of_distribution(i));
    }
  }

  void count(const IvfIndex& index, SearchStats& stats) const {
    stats.count("queries", scan_.queries().count());
    stats.count("lists", scan_.lists_scanned());
    stats.count("codes", scan_.codes_scanned());
    stats.count("compared", comparison_.rows_compared());
    stats.count("bytes", index.bytes_of(scan_.codes_scanned(), comparison_.rows_compared()));
  }

  ListScan scan_;
  RowComparison comparison_;
};

// Work spaces not in use by any search: creating one costs more than answering a query. Nobody waits for the lock, so
// that a process forked while another thread held it does not hang.
class IvfSearches {
 public:
  // Returns a work space to the pool.
  struct Return {
    IvfSearches* searches;
    void operator()(IvfSearch* search) const { searches->give_back(std::unique_ptr<IvfSearch>(search)); }
  };
  std::unique_ptr<IvfSearch, Return> take(const IvfIndex& index) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || idle_.empty()) return {new IvfSearch(index), Return{this}};
    IvfSearch* const search = idle_.back().release();
    idle_.pop_back();
    return {search, Return{this}};
  }

 private:
  void give_back(std::unique_ptr<IvfSearch> search) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock) idle_.push_back(std::move(search));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<IvfSearch>> idle_;
};

std::shared_ptr<IvfSearches> make_searches() { return std::make_shared<IvfSearches>(); }

// Returns the probes of the first point of the curve for ten neighbours that finds 95 % of them, or of the last point
// if vectors are not compared; more neighbours are in more lists.
std::size_t IvfIndex::fallback_effort(std::size_t k) const {
  const std::vector<CurvePoint>& points = curves_.points[1];
  const auto enough =
      std::find_if(points.begin(), points.end(), [](const CurvePoint& p) { return p.recall >= kDefaultRecall; });
  double probes = static_cast<double>(lists());
  if (enough != points.end())
    probes = enough->probes;
  else if (distance_source_ != DistanceSource::vectors && !points.empty())
    probes = points.back().probes;
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / 10));
  return static_cast<std::size_t>(std::max(1.0, std::ceil(probes * wider)));
}

std::unique_ptr<RecallProfile> IvfIndex::profile(const CalibrationQueries& calibration_queries,
                                                 const BuildOptions& build, const Monitor& monitor) const {
  return std::make_unique<IvfRecallProfile>(*this, calibration_queries, build, monitor);
}

double IvfIndex::exact_cost(std::size_t k) const { return scan_ ? scan_->query_cost(k) : Searcher::exact_cost(k); }

void IvfIndex::do_search(MatrixView queries, const Request& request, const Budget& budget, Results& results) const {
  if (budget.every_row) return scan_->search_in_order(queries, request, results);
  const std::size_t wanted = std::max<std::size_t>(1, budget.effort);
  const bool everything = wanted >= lists();
  if (everything && distance_source_ == DistanceSource::int8) return scan_bytes(queries, request, results);
  // Any number of rows may be within a radius.
  const std::size_t effort = std::min(wanted, lists());
  IvfBudget allowance{effort, curves_.depth(effort, request.radius ? 10 : request.k)};
  if (distance_source_ == DistanceSource::codes_alone) allowance.depth = request.k;
  if (request.radius) allowance.depth = rows();
  if (budget.guarded && !guard_.limits.empty() && distance_source_ == DistanceSource::vectors) {
    allowance.k = request.k;
    allowance.misses = guard_.limit(request.k, effort, budget.recall);
    allowance.recall = budget.recall;
    allowance.every_row_cost = exact_cost(request.k);
  }
  allowance.depth = std::min(allowance.depth, rows());
  const double work = static_cast<double>(queries.rows) * kQueryNanoseconds;
  const std::size_t threads = worthwhile_threads(work, request.threads);
  const std::size_t fitting = std::max<std::size_t>(1, kWaitingMost / allowance.depth);
  const std::size_t most_together = std::min(std::clamp(lists() / kListsPerQuery, kGroup, kLargestGroup), fitting);
  const std::size_t group = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, most_together);
  std::mutex adding;
  parallel_for(
      queries.rows, group, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        const auto search = searches_->take(*this);
        SearchStats done;
        search->run(*this, {queries, begin, end}, allowance, request, request.stats ? &done : nullptr, results);
        if (!request.stats) return;
        const std::scoped_lock lock(adding);
        request.stats->add(done);
      },
      request.monitor);
  // Small lists may have fewer than k rows.
  if (!request.radius && !everything) retry_short_results(queries, request, 4 * wanted, results);
  if (!request.radius && everything) add_unestimated(queries, request.k, results);
}

std::uint64_t IvfIndex::bytes_of(std::uint64_t codes, std::uint64_t compared) const {
  const std::uint64_t code = kernels::block_bytes(shape().lines()) / kernels::kBlockRows;
  const std::uint64_t header = list_rows_->shape().columns * sizeof(std::uint32_t);
  return codes * code + compared * (compared_bytes() + header);
}

std::size_t IvfIndex::compared_bytes() const {
  if (distance_source_ == DistanceSource::vectors) return row_bytes(descriptor().element, dims());
  return distance_source_ == DistanceSource::int8 ? dims() : 0;
}

// Adds all rows, at the query's own distance from the centre, for a query so far away that floats cannot hold
// estimates.
void IvfIndex::add_unestimated(MatrixView queries, std::size_t k, Results& results) const {
  EstimateUnits units(transform_, centre_);
  for (std::size_t i = 0; i < queries.rows; ++i) {
    const std::size_t found = results.count(i);
    if (found >= k) continue;
    units.bind(queries, i);
    const double distance = bind_query(queries, i, descriptor()).distance(units.rdist(0));
    const float least = found == 0 ? std::numeric_limits<float>::lowest() : results.distance(i, found - 1);
    constexpr double kMax = std::numeric_limits<float>::max();
    const float reported = std::max(least, static_cast<float>(std::min(distance, kMax)));
    std::vector<bool> seen(rows(), false);
    for (std::size_t place = 0; place < found; ++place) seen[results.row(i, place)] = true;
    for (std::uint32_t row = 0; row < rows() && results.count(i) < k; ++row)
      if (!seen[row]) results.append(i, row, reported);
  }
}

}  // namespace nearabout

#include "index/searcher.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"
#include "index/allowed_scan.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/searched_profile.h"
#include "index/excluded_rows.h"
#include "index/partial_search.h"

namespace nearabout::index {
namespace {

using calibration::Calibration;

// Excluded rows may be the very nearest. For as many as this a search finds that many neighbours more, and does not
// keep them; for more, excluding_search.cpp.
constexpr std::size_t kFewExcluded = 8;

// Throws for too few results. Rows with NaN have no order, and a screen with NaN rules out rows that qualify. Builds
// refuse both, so this happens only with a forged file or one of a faulty writer.
[[noreturn]] void throw_incomparable(const std::string& name, std::size_t found, std::size_t wanted) {
  throw CorruptFileError(
      name + " is corrupt: " + std::to_string(found) + " of " + std::to_string(wanted) +
      " neighbours were found, so the sections vectors or row_terms hold what is not a finite number. "
      "Build it again.");
}

void check_deadline(std::chrono::steady_clock::time_point deadline) {
  if (std::chrono::steady_clock::now() > deadline)
    throw DeadlineError("the search took longer than its deadline allows; allow more time, or ask for a lower recall");
}

// Returns up to how many neighbours an effort is extrapolated from what calibration measured. For more, every row is
// compared, which takes at most about twice the time. Extrapolation fails on tight groups of rows: beyond the query's
// own group, its neighbours are in all lists alike. Of 1,000 neighbours .6 were found for a target of .95.
std::size_t extrapolated_neighbours(std::size_t rows) {
  constexpr std::size_t kLittleMore = calibration::kCalibratedK.back() * 5 / 2;
  constexpr std::size_t kRowsPerNeighbour = 100;
  return std::max(kLittleMore, rows / kRowsPerNeighbour);
}

}  // namespace

Searcher::Searcher(const Descriptor& descriptor, std::string name, std::optional<Calibration> calibration)
    : descriptor_(descriptor), name_(std::move(name)), calibration_(std::move(calibration)) {}

Sought Searcher::sought(const Request& request) const {
  const std::size_t allowed = request.filter ? request.filter->count() : rows();
  const double fraction = static_cast<double>(allowed) / static_cast<double>(std::max<std::size_t>(1, rows()));
  const std::size_t k = request.radius ? calibration::kCalibratedK[1] : request.k;
  const double neighbours =
      std::min(neighbours_among(k + most_excluded(request), fraction), static_cast<double>(rows()));
  return {k, static_cast<std::size_t>(neighbours), allowed};
}

std::optional<std::size_t> Searcher::default_effort(const Sought& sought) const {
  if (const std::optional<std::size_t> bounded = bounded_effort()) return bounded;
  if (sought.neighbours != sought.k || sought.rows != rows()) return settle_default_effort(sought);
  return default_efforts_.of(sought.k, [&] { return settle_default_effort(sought); });
}

std::optional<std::size_t> Searcher::settle_default_effort(const Sought& sought) const {
  if (!calibration_) return fallback_effort(sought.neighbours);
  if (const std::optional<std::size_t> needed = effort_for(sought, calibration_->target)) return needed;
  // Kinds that rank by codes have nothing better to fall back to than the effort that finds about the most.
  if (effort().exact_at_max) return {};
  return static_cast<std::size_t>(std::ceil(calibration_->effort_for_best(sought.neighbours, calibration_->target)));
}

std::optional<std::size_t> Searcher::effort_for(const Sought& sought, double recall) const {
  if (!calibration_) return {};
  const EffortRange range = effort();
  if (range.exact_at_max && sought.neighbours > extrapolated_neighbours(rows())) return {};
  const std::optional<double> needed = calibration_->effort_for(sought.neighbours, recall);
  if (!needed) return {};
  // A calibration with rows that the index has learnt from promises too much. Such an index is small.
  if (range.exact_at_max && calibration_->origin == Calibration::Origin::rows && !calibration::can_hold_out(rows()))
    return {};
  const bool reaches_max = *needed >= static_cast<double>(range.max);
  const double every_row = exact_cost(sought.k, sought.rows);
  if (range.exact_at_max && (reaches_max || calibration_->nanoseconds(sought.k, *needed) > kWorthwhile * every_row))
    return {};
  return std::clamp(static_cast<std::size_t>(std::ceil(*needed)), range.min, range.max);
}

std::optional<Calibration::Expected> Searcher::expected(std::size_t k, std::optional<std::size_t> given) const {
  const EffortRange range = effort();
  if (!range || rows() == 0 || !given || range.is_exact(*given)) return Calibration::Expected{1, 1};
  if (!calibration_ || calibration_->points.empty()) return {};
  return calibration_->expected(k, static_cast<double>(*given));
}

Budget Searcher::budget(const Request& request) const {
  const EffortRange range = effort();
  if (!range || request.exact || rows() == 0) return {0, true, false, 0};
  if (request.effort) return {*request.effort, range.is_exact(*request.effort), false, 0};
  // The number of rows within a radius is unknown, so the calibration for k neighbours does not apply.
  if (request.radius) return {range.max, range.exact_at_max, false, 0};
  const Sought sought = this->sought(request);
  const double recall = target_of(request);
  std::optional<std::size_t> needed = request.recall ? effort_for(sought, recall) : default_effort(sought);
  if (!needed && !keeps_vectors()) needed = range.max;
  if (!needed || range.is_exact(*needed)) return {range.max, true, false, 0};
  return {*needed, false, calibration_.has_value() && !request.radius, recall};
}

double Searcher::target_of(const Request& request) const {
  return request.recall.value_or(calibration_ ? calibration_->target : calibration::kDefaultRecall);
}

FilteredEfforts Searcher::filtered_efforts(const Request& request) const {
  if (request.effort) return {};
  const std::size_t excluded = most_excluded(request);
  Sought sought = this->sought(request);
  return request.filter->efforts(sought.k, excluded, request.recall.value_or(0), [&] {
    const std::size_t every = effort().exact_at_max ? 0 : effort().max;
    const double recall = target_of(request);
    FilteredEfforts::Levels efforts{};
    FilteredEfforts::Levels half_misses{};
    for (std::size_t level = 0; level < efforts.size(); ++level) {
      const double neighbours = neighbours_among(sought.k + excluded, std::exp2(-static_cast<double>(level)));
      sought.neighbours = std::min(static_cast<std::size_t>(neighbours), rows());
      const std::optional<std::size_t> needed = request.recall ? effort_for(sought, recall) : default_effort(sought);
      efforts[level] = needed.value_or(every);
      half_misses[level] = every;
      if (FilteredEfforts::is_looked_up(sought.k, level))
        half_misses[level] = calibration_ ? effort_for(sought, (1 + recall) / 2).value_or(every) : efforts[level];
      // Without vectors, no guard notices what an extrapolated effort misses.
      if (!keeps_vectors() && sought.neighbours > FilteredEfforts::kTrusted)
        efforts[level] = half_misses[level] = every;
    }
    return FilteredEfforts(efforts, half_misses, every);
  });
}

std::unique_ptr<calibration::RecallProfile> Searcher::profile(const calibration::CalibrationQueries& queries,
                                                              const BuildOptions& build, const Monitor& monitor) const {
  return std::make_unique<calibration::SearchedProfile>(*this, queries, build, monitor);
}

double Searcher::query_cost(std::size_t k, std::size_t effort) const {
  const double all = exact_cost(k);
  const double every_row = std::isfinite(all) ? all : static_cast<double>(rows()) * static_cast<double>(dims());
  return every_row * static_cast<double>(effort) / static_cast<double>(std::max<std::size_t>(1, this->effort().max));
}

void Searcher::search(MatrixView queries, const Request& request, Results& results) const {
  if (request.exact && !keeps_vectors())
    throw InvalidInputError(
        "an exact search compares vectors, and this index keeps no vectors, only codes of them; pass the largest "
        "effort= instead, or build the index with keep_vectors=True");
  if (queries.rows == 0 || rows() == 0) return;
  if (!request.deadline) return search_checked(queries, request, results);
  check_deadline(*request.deadline);
  Request checked = request;
  checked.monitor = [&](double fraction) {
    check_deadline(*request.deadline);
    report(request.monitor, fraction);
  };
  search_checked(queries, checked, results);
}

void Searcher::search_checked(MatrixView queries, const Request& request, Results& results) const {
  if (request.filters.empty())
    search_allowed(queries, request, results);
  else
    search_by_filters(queries, request, results);
}

void Searcher::search_allowed(MatrixView queries, const Request& request, Results& results) const {
  if (request.filter && &request.filter->searcher() != this)
    throw InvalidInputError("the filter was made for another index; make it for this one");
  const std::size_t allowed = request.filter ? request.filter->count() : rows();
  Request clamped = request;
  clamped.k = std::min({request.k, allowed, results.columns()});
  if (clamped.k == 0) return;
  // Comparing so few takes no longer than to find lists or leaves. (If all are wanted, none can be missed.)
  constexpr std::size_t kFewAllowed = 128, kFewPerNeighbour = 4;
  const bool few = allowed <= kFewAllowed + kFewPerNeighbour * clamped.k && !request.effort;
  const bool all = compares_allowed_rows() || ((few || clamped.k == allowed) && !request.radius);
  if (request.filter && all && keeps_vectors()) clamped.exact = true;
  if (request.filter && !request.filter->of_kind())
    scan_allowed(*this, request.filter->list(), queries, clamped, results);
  else if (most_excluded(request) > kFewExcluded && !request.radius && !budget(clamped).every_row)
    search_excluding(queries, clamped, results);
  else
    search_budgeted(queries, clamped, results);
}

// With many filters for few queries each, threads take whole filters.
void Searcher::search_by_filters(MatrixView queries, const Request& request, Results& results) const {
  if (request.filters.size() != queries.rows)
    throw InvalidInputError("there are " + std::to_string(request.filters.size()) + " filters for " +
                            std::to_string(queries.rows) + " queries; pass one filter, or one for each query");
  std::map<const SearchFilter*, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < queries.rows; ++i) groups[request.filters[i]].push_back(i);
  std::vector<std::pair<const SearchFilter*, std::vector<std::size_t>>> tasks(groups.begin(), groups.end());
  const std::size_t threads = thread_count(request.threads);
  const bool side_by_side = threads > 1 && tasks.size() >= threads;
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t task = begin; task < end; ++task) {
      PartialSearch part(queries, request, tasks[task].second);
      part.request().filter = tasks[task].first;
      part.request().filters = {};
      if (side_by_side) {
        part.request().threads = 1;
        part.request().monitor = {};  // for the calling thread only
      }
      Results found =
          request.radius ? Results::unlimited(part.queries().rows) : Results(part.queries().rows, results.columns());
      search_allowed(part.queries(), part.request(), found);
      part.put_back(found, results);
    }
  };
  parallel_for(tasks.size(), 1, side_by_side ? threads : 1, run, side_by_side ? request.monitor : Monitor{});
}

void Searcher::search_budgeted(MatrixView queries, const Request& request, Results& results) const {
  const Budget allowed = budget(request);
  // Without vectors, codes limit the recall, and are not taken to tell allowed rows apart better than all rows.
  const auto neighbours = static_cast<std::uint32_t>(keeps_vectors() ? sought(request).neighbours : request.k);
  for (std::size_t i = 0; i < queries.rows; ++i) results.set_sought(i, neighbours);
  do_search(queries, request, allowed, results);
  if (allowed.guarded && effort().exact_at_max) {
    // Distances of neighbours among some of the rows do not tell a query of another kind from a filter that leaves out
    // what is near: neither is what calibration measured. (A row that is a query excludes itself, as the rows did that
    // calibrated.)
    if (most_excluded(request) <= 1) find_out_of_distribution(request, results);
    compare_every_row(queries, request, results);
  }
  if (request.radius || request.absent) return;
  for (std::size_t i = 0; i < queries.rows; ++i)
    if (const std::size_t wanted = wanted_of(request, i); results.count(i) < wanted)
      throw_incomparable(name_, results.count(i), wanted);
}

std::size_t Searcher::wanted_of(const Request& request, std::size_t query) const {
  const std::span<const std::uint32_t> excluded = excluded_of(request, query);
  if (excluded.empty()) return request.k;
  return std::min(request.k, findable_rows(rows(), request.filter, excluded));
}

std::vector<SearchResult> Searcher::search(MatrixView queries, const Request& request) const {
  Results results =
      request.radius ? Results::unlimited(queries.rows) : Results(queries.rows, std::min(request.k, rows()));
  search(queries, request, results);
  return results.all();
}

void Searcher::search_rows(const std::vector<std::uint32_t>& queries, bool include_self, const Request& request,
                           Results& results) const {
  const Element element = descriptor_.element;
  const std::size_t bytes = row_bytes(element, dims());
  std::vector<std::byte> vectors(queries.size() * bytes);
  copy_vectors(queries, vectors.data());
  const MatrixView view{vectors.data(), queries.size(), dims(), bytes, element};
  if (include_self) return search(view, request, results);
  const ExcludedRows own =
      (request.excluded ? *request.excluded : ExcludedRows(std::vector<std::uint32_t>{})).with(queries);
  Request others = request;
  others.excluded = &own;
  search(view, others, results);
}

void Searcher::retry_short_results(MatrixView queries, const Request& request, std::size_t effort,
                                   Results& results) const {
  for (std::size_t i = 0; i < queries.rows; ++i) {
    if (results.effort(i) == kEveryRow || results.count(i) >= wanted_of(request, i)) continue;
    PartialSearch part(queries, request, {i});
    part.request().effort = effort;
    Results again(1, request.k);
    again.set_sought(0, results.sought(i));
    do_search(part.queries(), part.request(), budget(part.request()), again);
    part.put_back(again, results);
  }
}

void Searcher::find_out_of_distribution(const Request& request, Results& results) const {
  const bool filtered = request.filter != nullptr;
  for (std::size_t i = 0; i < results.queries(); ++i) {
    const auto is_out_of_distribution = [&](std::size_t place) {  // of kCalibratedK
      const std::size_t last = calibration::kCalibratedK[place] - 1;
      return last < std::min(request.k, results.count(i)) && calibration_->distances[place].is_out_of_distribution(
                                                                 double{results.distance(i, last)}, descriptor_.metric);
    };
    // The tenth of a few allowed rows is far from every query.
    if (results.effort(i) == kEveryRow || !(is_out_of_distribution(0) || (!filtered && is_out_of_distribution(1))))
      continue;
    results.set_effort(i, kEveryRow);
    if (!filtered) results.set_out_of_distribution(i, true);
  }
}

void Searcher::compare_every_row(MatrixView queries, const Request& request, Results& results) const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < queries.rows; ++i)
    if (results.effort(i) == kEveryRow) numbers.push_back(i);
  if (numbers.empty()) return;
  PartialSearch part(queries, request, std::move(numbers));
  Results exact(part.queries().rows, request.k);
  do_search(part.queries(), part.request(), {.effort = effort().max, .every_row = true}, exact);
  for (std::size_t i = 0; i < part.numbers().size(); ++i) {
    exact.set_out_of_distribution(i, results.out_of_distribution(part.numbers()[i]));
    exact.set_sought(i, results.sought(part.numbers()[i]));
  }
  part.put_back(exact, results);
}

void Searcher::copy_vectors(const std::vector<std::uint32_t>& queries, std::byte* to) const {
  const std::size_t bytes = row_bytes(descriptor_.element, dims());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i] >= rows())
      throw InvalidInputError("row " + std::to_string(queries[i]) + " does not exist; the index has " +
                              std::to_string(rows()) + " rows, numbered from 0");
    copy_vector(queries[i], to + i * bytes);
  }
}

}  // namespace nearabout::index

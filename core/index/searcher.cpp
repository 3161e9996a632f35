#include "index/searcher.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/convert.h"
#include "base/error.h"
#include "index/allowed_scan.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/searched_profile.h"
#include "index/row_filter.h"

namespace nearabout::index {
namespace {

using calibration::Calibration;

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

}  // namespace

Searcher::Searcher(const Descriptor& descriptor, std::string name, std::optional<Calibration> calibration)
    : descriptor_(descriptor), name_(std::move(name)), calibration_(std::move(calibration)) {}

std::optional<std::size_t> Searcher::default_effort(std::size_t k) const {
  if (!calibration_) return fallback_effort(k);
  if (const std::optional<std::size_t> needed = effort_for(k, calibration_->target)) return needed;
  // Kinds that rank by codes have nothing better to fall back to than the effort that finds about the most.
  if (effort().exact_at_max) return {};
  return static_cast<std::size_t>(std::ceil(calibration_->effort_for_best(k, calibration_->target)));
}

std::optional<std::size_t> Searcher::effort_for(std::size_t k, double recall) const {
  if (!calibration_) return {};
  const EffortRange range = effort();
  const std::optional<double> needed = calibration_->effort_for(k, recall);
  if (!needed) return {};
  // A calibration with rows that the index has learnt from promises too much. Such an index is small.
  if (range.exact_at_max && calibration_->origin == Calibration::Origin::rows && !calibration::can_hold_out(rows()))
    return {};
  constexpr double kWorthwhile = 0.8;  // fraction of the cost of every row, which some queries take in the end
  const bool reaches_max = *needed >= static_cast<double>(range.max);
  if (range.exact_at_max && (reaches_max || calibration_->nanoseconds(k, *needed) > kWorthwhile * exact_cost(k)))
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
  if (request.radius && range.exact_at_max) return {range.max, true, false, 0};
  const std::size_t k = request.radius ? calibration::kCalibratedK[1] : request.k;
  const double recall = request.recall.value_or(calibration_ ? calibration_->target : calibration::kDefaultRecall);
  std::optional<std::size_t> needed = request.recall ? effort_for(k, recall) : default_effort(k);
  if (!needed && !keeps_vectors()) needed = range.max;
  if (!needed || range.is_exact(*needed)) return {range.max, true, false, 0};
  return {*needed, false, calibration_.has_value() && !request.radius, recall};
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
        "an exact search compares vectors, and this index keeps no vectors, only codes of them; look "
        "into all lists by effort= instead, or build the index with keep_vectors=True");
  if (request.filter && request.filter->rows() != rows())
    throw InvalidInputError("the filter is for " + std::to_string(request.filter->rows()) +
                            " rows, but the index has " + std::to_string(rows()) + "; make the filter for this index");
  if (queries.rows == 0 || rows() == 0) return;
  Request clamped = request;
  clamped.k = std::min({request.k, rows(), results.columns()});
  if (request.deadline) {
    check_deadline(*request.deadline);
    clamped.monitor = [&](double fraction) {
      check_deadline(*request.deadline);
      report(request.monitor, fraction);
    };
  }
  if (request.filter)
    scan_allowed(*this, request.filter->allowed(), queries, clamped, results);
  else
    search_budgeted(queries, clamped, results);
}

void Searcher::search_budgeted(MatrixView queries, const Request& request, Results& results) const {
  const Budget allowed = budget(request);
  do_search(queries, request, allowed, results);
  if (allowed.guarded && effort().exact_at_max) {
    flag_out_of_distribution(request.k, results);
    compare_every_row(queries, request, results);
  }
  if (request.radius) return;
  for (std::size_t i = 0; i < queries.rows; ++i)
    if (results.count(i) < request.k) throw_incomparable(name_, results.count(i), request.k);
}

std::vector<SearchResult> Searcher::search(MatrixView queries, const Request& request) const {
  Results results =
      request.radius ? Results::unlimited(queries.rows) : Results(queries.rows, std::min(request.k, rows()));
  search(queries, request, results);
  return results.all();
}

// Searches for one neighbour more. A row with more than k duplicates may not be among its own results: then the last
// one finds no place.
void Searcher::search_rows(const std::vector<std::uint32_t>& queries, bool include_self, const Request& request,
                           Results& results) const {
  const Element element = descriptor_.element;
  const std::size_t bytes = row_bytes(element, dims());
  std::vector<std::byte> vectors(queries.size() * bytes);
  copy_vectors(queries, vectors.data());
  const MatrixView view{vectors.data(), queries.size(), dims(), bytes, element};
  if (include_self) return search(view, request, results);
  Request wider = request;
  if (wider.k < rows()) ++wider.k;
  Results found =
      request.radius ? Results::unlimited(queries.size()) : Results(queries.size(), std::min(wider.k, rows()));
  search(view, wider, found);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    for (std::size_t place = 0; place < found.count(i); ++place)
      if (found.row(i, place) != queries[i]) results.append(i, found.row(i, place), found.distance(i, place));
    results.set_effort(i, found.effort(i));
    results.set_out_of_distribution(i, found.out_of_distribution(i));
  }
}

void Searcher::retry_short_results(MatrixView queries, const Request& request, std::size_t effort,
                                   Results& results) const {
  Request harder = request;
  harder.effort = effort;
  const Budget more = budget(harder);
  for (std::size_t i = 0; i < queries.rows; ++i) {
    if (results.effort(i) == kEveryRow || results.count(i) >= request.k) continue;
    Results again(1, request.k);
    do_search({queries.row(i), 1, queries.dims, queries.stride, queries.element}, harder, more, again);
    results.replace(i, again, 0);
  }
}

void Searcher::flag_out_of_distribution(std::size_t k, Results& results) const {
  for (std::size_t i = 0; i < results.queries(); ++i) {
    const auto is_out_of_distribution = [&](std::size_t place) {  // of kCalibratedK
      const std::size_t last = calibration::kCalibratedK[place] - 1;
      return last < std::min(k, results.count(i)) && calibration_->distances[place].is_out_of_distribution(
                                                         double{results.distance(i, last)}, descriptor_.metric);
    };
    if (results.effort(i) == kEveryRow || !(is_out_of_distribution(0) || is_out_of_distribution(1))) continue;
    results.set_effort(i, kEveryRow);
    results.set_out_of_distribution(i, true);
  }
}

void Searcher::compare_every_row(MatrixView queries, const Request& request, Results& results) const {
  const std::size_t bytes = row_bytes(queries.element, queries.dims);
  std::vector<std::size_t> places;
  std::vector<std::byte> vectors;
  for (std::size_t i = 0; i < queries.rows; ++i) {
    if (results.effort(i) != kEveryRow) continue;
    places.push_back(i);
    vectors.insert(vectors.end(), queries.row(i), queries.row(i) + bytes);
  }
  if (places.empty()) return;
  Results exact(places.size(), request.k);
  do_search({vectors.data(), places.size(), queries.dims, bytes, queries.element}, request,
            {.effort = effort().max, .every_row = true}, exact);
  for (std::size_t i = 0; i < places.size(); ++i) {
    exact.set_out_of_distribution(i, results.out_of_distribution(places[i]));
    results.replace(places[i], exact, i);
  }
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

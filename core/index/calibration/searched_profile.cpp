#include "index/calibration/searched_profile.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>

#include "index/excluded_rows.h"

namespace nearabout::calibration {
namespace {

constexpr double kEffortRatio = 1.3;  // ratio of one effort to the next

std::vector<std::size_t> ladder(const index::EffortRange& range) {
  std::vector<std::size_t> efforts;
  for (double effort = static_cast<double>(std::max<std::size_t>(1, range.min));
       effort < static_cast<double>(range.max); effort *= kEffortRatio) {
    const auto whole = static_cast<std::size_t>(effort);
    if (efforts.empty() || whole > efforts.back()) efforts.push_back(whole);
  }
  efforts.push_back(range.max);
  return efforts;
}

// Returns the queries' own rows and their near copies.
std::optional<index::ExcludedRows> own_rows(const CalibrationQueries& queries) {
  if (queries.rows.empty()) return {};
  return index::ExcludedRows(queries.near_copies).with(queries.rows);
}

// Returns whether a result is the query's own row, or a copy of it.
bool is_copy(const CalibrationQueries& queries, std::size_t query, const index::SearchResult& result, std::size_t i) {
  const std::uint32_t row = result.rows[i];
  return row == queries.rows[query] || result.distances[i] == 0 || queries.is_near_copy(query, row);
}

}  // namespace

double neighbours_found(const CalibrationQueries& queries, std::size_t query, std::size_t k,
                        const index::SearchResult& result) {
  const std::vector<std::uint32_t>& nearest = queries.nearest[query];
  const std::size_t counted = queries.count_as_near(query, k);
  const auto end = nearest.begin() + static_cast<std::ptrdiff_t>(counted);
  std::size_t looked_at = 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < result.rows.size() && looked_at < k; ++i) {
    if (!queries.rows.empty() && is_copy(queries, query, result, i)) continue;
    ++looked_at;
    if (std::find(nearest.begin(), end, result.rows[i]) != end) ++found;
  }
  return static_cast<double>(std::min({found, k, nearest.size()}));
}

SearchedProfile::SearchedProfile(const index::Searcher& index, const CalibrationQueries& queries,
                                 const index::BuildOptions& build, const Monitor& monitor, const Until& until)
    : index_(index), queries_(queries) {
  const std::vector<std::size_t> all_efforts = ladder(index.effort());
  const EncodedQueries encoded(queries, index.descriptor().element);
  const Found all = all_neighbours();
  for (const std::size_t effort : all_efforts) {
    report(monitor, static_cast<double>(efforts_.size()) / static_cast<double>(all_efforts.size()));
    const bool stops = until.worthwhile && !efforts_.empty() && effort != all_efforts.back() &&
                       (!still_gains() || costs_too_much(effort));
    if (stops) continue;
    efforts_.push_back(effort);
    found_.push_back(index.effort().is_exact(effort) ? all : count_found(encoded.view(), effort, build));
    for (std::size_t place = 0; place < all.size(); ++place)
      is_settled_[place] = has_found(found_.back()[place], all[place], until.found);
    if (std::ranges::all_of(is_settled_, std::identity{})) break;  // more effort finds no more
  }
}

// Returns whether this fraction of the neighbours was found.
bool SearchedProfile::has_found(const std::vector<double>& found, const std::vector<double>& all, double fraction) {
  if (fraction == 1) return found == all;
  return std::reduce(found.begin(), found.end()) >= fraction * std::reduce(all.begin(), all.end());
}

bool SearchedProfile::costs_too_much(std::size_t effort) const {
  return std::ranges::all_of(kCalibratedK, [&](std::size_t k) {
    return index_.query_cost(k, effort) > index::kWorthwhile * index_.exact_cost(k);
  });
}

bool SearchedProfile::still_gains() const {
  constexpr std::size_t kStepsOfTwice = 3;  // of the ladder, for twice the effort
  constexpr double kAsGoodAsNone = 0.002;   // of what was found
  // All efforts below the number of neighbours find the same.
  if (found_.size() <= kStepsOfTwice || efforts_[found_.size() - 1 - kStepsOfTwice] < kCalibratedK.back()) return true;
  const auto total = [](const Found& found) {
    double sum = 0;
    for (const std::vector<double>& of_k : found) sum += std::reduce(of_k.begin(), of_k.end());
    return sum;
  };
  return total(found_.back()) > (1 + kAsGoodAsNone) * total(found_[found_.size() - 1 - kStepsOfTwice]);
}

SearchedProfile::Found SearchedProfile::count_found(MatrixView encoded, std::size_t effort,
                                                    const index::BuildOptions& build) const {
  index::Request request;
  request.effort = effort;
  request.threads = build.threads;
  // Found besides the neighbours, if the queries are rows: the row itself, and its near copies.
  const std::optional<index::ExcludedRows> own = own_rows(queries_);
  const bool are_absent = own && index_.is_led_by_rows();
  const std::size_t copies = own && !are_absent ? own->most() : 0;
  if (are_absent) request.absent = &*own;
  Found found;
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
    request.k = kCalibratedK[place] + copies;
    if (!found_.empty() && (is_settled_[place] || effort <= index_.least_effort(request.k))) {
      found[place] = found_.back()[place];
      continue;
    }
    const std::vector<index::SearchResult> results = search_within(index_, encoded, request, build.memory);
    for (std::size_t query = 0; query < results.size(); ++query)
      found[place].push_back(neighbours_found(queries_, query, kCalibratedK[place], results[query]));
    if (are_absent && place == 0) find_themselves(encoded, request, build, found[place]);
  }
  return found;
}

// Sets to 0 the queries that do not find their own row, the nearest one, where it is not absent: among many neighbours
// at the same distance, one is found sooner than this one.
void SearchedProfile::find_themselves(MatrixView encoded, index::Request request, const index::BuildOptions& build,
                                      std::vector<double>& found) const {
  if (index_.descriptor().metric == metric::Metric::dot) return;
  request.absent = nullptr;
  request.k = 1;
  const std::vector<index::SearchResult> results = search_within(index_, encoded, request, build.memory);
  for (std::size_t query = 0; query < results.size(); ++query)
    if (results[query].rows.empty() || !is_copy(queries_, query, results[query], 0)) found[query] = 0;
}

SearchedProfile::Found SearchedProfile::all_neighbours() const {
  Found found;
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place)
    for (const std::vector<std::uint32_t>& nearest : queries_.nearest)
      found[place].push_back(static_cast<double>(std::min(kCalibratedK[place], nearest.size())));
  return found;
}

std::size_t SearchedProfile::place_of(std::size_t effort) const {
  const auto at = std::lower_bound(efforts_.begin(), efforts_.end(), effort);
  return at == efforts_.end() ? efforts_.size() - 1 : static_cast<std::size_t>(at - efforts_.begin());
}

std::vector<double> SearchedProfile::found(std::size_t k, std::size_t effort) const {
  const auto measured = std::find(kCalibratedK.begin(), kCalibratedK.end(), k);
  if (measured == kCalibratedK.end()) return std::vector<double>(queries_.count(), 0.0);
  return found_[place_of(effort)][static_cast<std::size_t>(measured - kCalibratedK.begin())];
}

ProfileCost SearchedProfile::cost(std::size_t k, std::size_t effort) const {
  return {static_cast<double>(effort), index_.query_cost(k, effort) * 1e-9};
}

}  // namespace nearabout::calibration

#include "index/calibration/searched_profile.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

double neighbours_found(const CalibrationQueries& queries, std::size_t query, std::size_t k,
                        const index::SearchResult& result) {
  const std::vector<std::uint32_t>& nearest = queries.nearest[query];
  const std::size_t counted = queries.count_as_near(query, k);
  const auto end = nearest.begin() + static_cast<std::ptrdiff_t>(counted);
  std::size_t looked_at = 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < result.rows.size() && looked_at < k; ++i) {
    const std::uint32_t row = result.rows[i];
    const bool is_copy = !queries.rows.empty() &&
                         (row == queries.rows[query] || result.distances[i] == 0 || queries.is_near_copy(query, row));
    if (is_copy) continue;
    ++looked_at;
    if (std::find(nearest.begin(), end, row) != end) ++found;
  }
  return static_cast<double>(std::min({found, k, nearest.size()}));
}

SearchedProfile::SearchedProfile(const index::Searcher& index, const CalibrationQueries& queries,
                                 const index::BuildOptions& build, const Monitor& monitor)
    : index_(index), queries_(queries) {
  const std::vector<std::size_t> all_efforts = ladder(index.effort());
  const EncodedQueries encoded(queries, index.descriptor().element);
  const Found all = all_neighbours();
  for (const std::size_t effort : all_efforts) {
    report(monitor, static_cast<double>(efforts_.size()) / static_cast<double>(all_efforts.size()));
    efforts_.push_back(effort);
    found_.push_back(index.effort().is_exact(effort) ? all : count_found(encoded.view(), effort, build));
    if (found_.back() == all) break;  // more effort finds no more
  }
}

SearchedProfile::Found SearchedProfile::count_found(MatrixView encoded, std::size_t effort,
                                                    const index::BuildOptions& build) const {
  std::size_t copies = 0;  // found besides the neighbours, if the queries are rows: the row itself, its near copies
  if (!queries_.rows.empty())
    for (const std::vector<std::uint32_t>& near : queries_.near_copies) copies = std::max(copies, 1 + near.size());
  index::Request request;
  request.effort = effort;
  request.threads = build.threads;
  Found found;
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
    request.k = kCalibratedK[place] + copies;
    const std::vector<index::SearchResult> results = search_within(index_, encoded, request, build.memory);
    for (std::size_t query = 0; query < results.size(); ++query)
      found[place].push_back(neighbours_found(queries_, query, kCalibratedK[place], results[query]));
  }
  return found;
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

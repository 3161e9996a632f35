// Searches that leave out more than a few rows of each query (ExcludedRows). Mostly none of them is near, so a query is
// first searched as if there were none. One that found any is searched again for more neighbours; so a query pays for
// the excluded rows near it, not for all of them. What happens to a query does not depend on the others of its batch.
#include <algorithm>
#include <numeric>
#include <optional>

#include "index/excluded_rows.h"
#include "index/filtered_efforts.h"
#include "index/partial_search.h"
#include "index/searcher.h"

namespace nearabout::index {
namespace {

// Returns the place behind the k-th neighbour that is not excluded; nullopt if fewer are left.
std::optional<std::size_t> places_of(const Results& found, std::size_t query, std::size_t k,
                                     std::span<const std::uint32_t> excluded) {
  std::size_t left = 0;
  for (std::size_t place = 0; place < found.count(query); ++place) {
    if (std::binary_search(excluded.begin(), excluded.end(), found.row(query, place))) continue;
    if (++left == k) return place + 1;
  }
  return {};
}

// Moves the neighbours that are not excluded to `results`.
void keep_others(const Results& found, std::size_t query, std::span<const std::uint32_t> excluded, Results& results,
                 std::size_t to) {
  results.clear(to);
  for (std::size_t place = 0; place < found.count(query); ++place) {
    const std::uint32_t row = found.row(query, place);
    if (std::binary_search(excluded.begin(), excluded.end(), row)) continue;
    results.append(to, row, found.distance(query, place));
  }
  results.set_effort(to, found.effort(query));
  results.set_out_of_distribution(to, found.out_of_distribution(query));
  results.set_sought(to, found.sought(query));
}

}  // namespace

void Searcher::search_excluding(MatrixView queries, const Request& request, Results& results) const {
  const std::size_t available = request.filter ? request.filter->count() : rows();
  // Of the rows that follow excluded ones more are missed than of all: a search looks for twice as many, and for half
  // of the misses.
  const std::size_t some = std::min(available, 2 * (request.k + std::max<std::size_t>(2, request.k / 4)));
  const std::size_t enough = std::min(available, 2 * (request.k + most_excluded(request)));
  std::vector<std::size_t> numbers(queries.rows);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  Request again = request;
  again.excluded = nullptr;
  again.k = std::min(request.k, available);
  const Missing first = search_for_others(queries, request, again, numbers, results);
  if (!again.effort) again.recall = (1 + target_of(request)) / 2;
  std::vector<std::size_t> last = first.all_excluded;
  if (some < enough) {
    again.k = some;
    const Missing second = search_for_others(queries, request, again, first.some_excluded, results);
    for (const std::vector<std::size_t>& missing : {second.some_excluded, second.all_excluded})
      last.insert(last.end(), missing.begin(), missing.end());
  } else {
    last.insert(last.end(), first.some_excluded.begin(), first.some_excluded.end());
  }
  again.k = enough;
  const bool trusted = enough <= std::max(FilteredEfforts::kTrusted, 4 * request.k);
  if (!trusted && !request.effort) {
    if (keeps_vectors()) return compare_others(queries, request, last, results);
    again.effort = effort().max;
  }
  (void)search_for_others(queries, request, again, last, results);
  if (trusted || request.effort) return;
  for (const std::size_t query : last) results.set_sought(query, kUnknownSought);
}

Searcher::Missing Searcher::search_for_others(MatrixView queries, const Request& request, const Request& all,
                                              const std::vector<std::size_t>& numbers, Results& results) const {
  Missing missing;
  if (numbers.empty()) return missing;
  PartialSearch part(queries, all, numbers);
  Results found(numbers.size(), all.k);
  search_budgeted(part.queries(), part.request(), found);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::span<const std::uint32_t> excluded = request.excluded->of(numbers[i]);
    const std::optional<std::size_t> places = places_of(found, i, request.k, excluded);
    keep_others(found, i, excluded, results, numbers[i]);
    if (places && (*places == request.k || 2 * *places <= all.k)) continue;
    (results.count(numbers[i]) == 0 ? missing.all_excluded : missing.some_excluded).push_back(numbers[i]);
  }
  return missing;
}

void Searcher::compare_others(MatrixView queries, const Request& request, const std::vector<std::size_t>& numbers,
                              Results& results) const {
  if (numbers.empty()) return;
  PartialSearch part(queries, request, numbers);
  part.request().exact = true;
  Results found(numbers.size(), request.k);
  search_budgeted(part.queries(), part.request(), found);
  part.put_back(found, results);
}

}  // namespace nearabout::index

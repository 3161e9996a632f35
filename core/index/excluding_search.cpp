// Searches that leave out more than a few rows of each query (ExcludedRows). Mostly none of them is near, so a query is
// first searched as if there were none. One that found any is searched again, for four times as many neighbours, until
// enough of those are left; so a query pays for the excluded rows near it, not for all of them.
#include <algorithm>
#include <numeric>
#include <optional>

#include "index/excluded_rows.h"
#include "index/partial_search.h"
#include "index/searcher.h"

namespace nearabout::index {
namespace {

constexpr std::size_t kMoreNeighbours = 4;  // times as many in each round
// The cost of searching again compared with that of a filter, for rows that are the same for all queries.
constexpr double kSearchAgainNanoseconds = 20'000;
constexpr double kFilterRowNanoseconds = 2;

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

// Returns a filter that leaves out the excluded rows of all queries.
RowFilter filter_without(std::size_t rows, const SearchFilter* filter, std::span<const std::uint32_t> excluded) {
  RowFilter others(rows);
  others.invert();
  if (filter) others.intersect(filter->rows());
  for (const std::uint32_t row : excluded) others.exclude(row);
  return others;
}

}  // namespace

void Searcher::search_excluding(MatrixView queries, const Request& request, Results& results) const {
  const std::size_t available = request.filter ? request.filter->count() : rows();
  // Of the rows that follow excluded ones more are missed than of all: a search looks for twice as many.
  const std::size_t enough = std::min(available, 2 * (request.k + most_excluded(request)));
  std::size_t neighbours = std::min(request.k, available);
  std::vector<std::size_t> left(queries.rows);
  std::iota(left.begin(), left.end(), std::size_t{0});
  for (;;) {
    PartialSearch part(queries, request, left);
    part.request().k = neighbours;
    part.request().excluded = nullptr;
    Results found(left.size(), neighbours);
    search_budgeted(part.queries(), part.request(), found);
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const std::span<const std::uint32_t> excluded = request.excluded->of(left[i]);
      const std::optional<std::size_t> places = places_of(found, i, request.k, excluded);
      const bool found_enough = places && (*places == request.k || 2 * *places <= neighbours);
      if (!found_enough && neighbours < enough)
        again.push_back(left[i]);
      else
        keep_others(found, i, excluded, results, left[i]);
    }
    if (again.empty()) return;
    left = std::move(again);
    neighbours = std::min(enough, kMoreNeighbours * neighbours);
    const double searching = kSearchAgainNanoseconds * static_cast<double>(left.size());
    if (request.excluded->same() && searching > kFilterRowNanoseconds * static_cast<double>(rows()))
      return search_without(queries, request, left, results);
  }
}

void Searcher::search_without(MatrixView queries, const Request& request, const std::vector<std::size_t>& numbers,
                              Results& results) const {
  const SearchFilter others(*this, filter_without(rows(), request.filter, request.excluded->of(0)));
  PartialSearch part(queries, request, numbers);
  part.request().excluded = nullptr;
  part.request().filter = &others;
  Results found(numbers.size(), std::min(request.k, results.columns()));
  search_allowed(part.queries(), part.request(), found);
  part.put_back(found, results);
}

}  // namespace nearabout::index

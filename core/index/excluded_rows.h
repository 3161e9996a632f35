// Rows that results leave out: the same for all queries, or some for each. For a few per query; many are better a
// filter. Searches find neighbours among all rows and do not keep these (TopK), so nothing is prepared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/sort_rows.h"
#include "index/request.h"
#include "index/search_filter.h"

namespace nearabout::index {

// Returns how many of `rows` rows a filter (null: all of them) and a query's excluded rows leave.
inline std::size_t findable_rows(std::size_t rows, const SearchFilter* filter,
                                 std::span<const std::uint32_t> excluded) {
  if (!filter) return rows - excluded.size();
  const auto both =
      std::count_if(excluded.begin(), excluded.end(), [&](std::uint32_t row) { return filter->allows(row); });
  return filter->count() - static_cast<std::size_t>(both);
}

class ExcludedRows {
 public:
  // Excludes these rows for every query.
  explicit ExcludedRows(std::vector<std::uint32_t> rows)
      : ExcludedRows(std::vector<std::vector<std::uint32_t>>{std::move(rows)}, true) {}
  // Excludes lists[i] for query i.
  explicit ExcludedRows(std::vector<std::vector<std::uint32_t>> lists) : ExcludedRows(std::move(lists), false) {}

  // Returns the excluded rows of a query, in order, each once.
  std::span<const std::uint32_t> of(std::size_t query) const { return lists_[same_ ? 0 : query]; }
  std::size_t most() const { return most_; }  // excluded for one query
  // Returns the rows excluded for some of the queries, as queries 0, 1, ...
  ExcludedRows of_queries(std::span<const std::size_t> queries) const {
    if (same_) return *this;
    std::vector<std::vector<std::uint32_t>> lists;
    for (const std::size_t query : queries) lists.push_back(lists_[query]);
    return ExcludedRows(std::move(lists), false);
  }
  // Excludes row own[i] for query i, too.
  ExcludedRows with(std::span<const std::uint32_t> own) const {
    std::vector<std::vector<std::uint32_t>> lists;
    for (std::size_t query = 0; query < own.size(); ++query) {
      lists.emplace_back(of(query).begin(), of(query).end());
      lists.back().push_back(own[query]);
    }
    return ExcludedRows(std::move(lists), false);
  }

 private:
  ExcludedRows(std::vector<std::vector<std::uint32_t>> lists, bool same) : lists_(std::move(lists)), same_(same) {
    for (std::vector<std::uint32_t>& rows : lists_) {
      sort_rows(rows);
      most_ = std::max(most_, rows.size());
    }
  }

  std::vector<std::vector<std::uint32_t>> lists_;
  bool same_;
  std::size_t most_ = 0;
};

// Returns the rows, in order, that are as if they did not exist for a query.
inline std::span<const std::uint32_t> absent_of(const Request& request, std::size_t query) {
  return request.absent ? request.absent->of(query) : std::span<const std::uint32_t>();
}

}  // namespace nearabout::index

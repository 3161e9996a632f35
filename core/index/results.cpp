#include "index/results.h"

#include <algorithm>
#include <limits>

namespace nearabout::index {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

Results::Results(std::size_t queries, const ResultTables& tables) : queries_(queries), tables_(tables) {
  std::fill_n(tables.rows, queries * tables.columns, kNoNeighbour);
  std::fill_n(tables.distances, queries * tables.columns, kInfinity);
  std::fill_n(tables.counts, queries, 0u);
  std::fill_n(tables.efforts, queries, kEveryRow);
  std::fill_n(tables.out_of_distribution, queries, std::uint8_t{0});
  std::fill_n(tables.sought, queries, 0u);
}

Results::Results(std::size_t queries, std::size_t columns)
    : queries_(queries),
      rows_(queries * columns, kNoNeighbour),
      distances_(queries * columns, kInfinity),
      counts_(queries) {
  make_flags();
  tables_.columns = columns;
  tables_.rows = rows_.data();
  tables_.distances = distances_.data();
  tables_.counts = counts_.data();
}

Results Results::unlimited(std::size_t queries) {
  Results results;
  results.queries_ = queries;
  results.lists_.resize(queries);
  results.make_flags();
  results.tables_.columns = std::numeric_limits<std::size_t>::max();
  return results;
}

void Results::make_flags() {
  efforts_.assign(queries_, kEveryRow);
  flags_.assign(queries_, 0);
  sought_.assign(queries_, 0);
  tables_.efforts = efforts_.data();
  tables_.out_of_distribution = flags_.data();
  tables_.sought = sought_.data();
}

void Results::append(std::size_t query, std::uint32_t row, float distance) {
  if (!lists_.empty()) {
    lists_[query].push_back({row, distance});
    return;
  }
  if (tables_.counts[query] == columns()) return;
  const std::size_t place = query * columns() + tables_.counts[query]++;
  tables_.rows[place] = row;
  tables_.distances[place] = distance;
}

void Results::clear(std::size_t query) {
  if (!lists_.empty()) {
    lists_[query].clear();
    return;
  }
  std::fill_n(tables_.rows + query * columns(), tables_.counts[query], kNoNeighbour);
  std::fill_n(tables_.distances + query * columns(), tables_.counts[query], kInfinity);
  tables_.counts[query] = 0;
}

void Results::replace(std::size_t query, const Results& others, std::size_t other) {
  clear(query);
  for (std::size_t place = 0; place < others.count(other); ++place)
    append(query, others.row(other, place), others.distance(other, place));
  set_effort(query, others.effort(other));
  set_out_of_distribution(query, others.out_of_distribution(other));
  set_sought(query, others.sought(other));
}

SearchResult Results::at(std::size_t query) const {
  SearchResult result{{}, {}, effort(query), out_of_distribution(query)};
  for (std::size_t place = 0; place < count(query); ++place) {
    result.rows.push_back(row(query, place));
    result.distances.push_back(distance(query, place));
  }
  return result;
}

std::vector<SearchResult> Results::all() const {
  std::vector<SearchResult> all;
  all.reserve(queries_);
  for (std::size_t query = 0; query < queries_; ++query) all.push_back(at(query));
  return all;
}

}  // namespace nearabout::index

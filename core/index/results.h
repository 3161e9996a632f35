// What a search finds: the neighbours of each query, nearest first, ties by row. They are written to tables of the
// caller, so that a batch of any size needs no memory per query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::index {

inline constexpr std::int64_t kEveryRow = -1;       // the effort of a search that compared every row
inline constexpr std::uint32_t kUnknownSought = 0;  // neighbours sought where calibration says nothing about them
inline constexpr std::int64_t kNoNeighbour = -1;    // in places without a neighbour, at an infinite distance

// The result of one query, with memory of its own.
struct SearchResult {
  std::vector<std::uint32_t> rows;
  std::vector<float> distances;
  std::int64_t effort = kEveryRow;   // effort that this query took
  bool out_of_distribution = false;  // the search went unlike those of all calibration queries
};

// Tables with one line per query.
struct ResultTables {
  std::size_t columns;                // places per query
  std::int64_t* rows;                 // (queries, columns)
  float* distances;                   // (queries, columns)
  std::uint32_t* counts;              // (queries): neighbours found, at most `columns`
  std::int64_t* efforts;              // (queries)
  std::uint8_t* out_of_distribution;  // (queries): 1 if the search went unlike those of all calibration queries
  std::uint32_t* sought;  // (queries): the nearest rows that were looked for: more than are found if some are left out
};

// Different threads may write the results of different queries at the same time.
class Results {
 public:
  // Writes to tables of the caller, and fills all of their places.
  Results(std::size_t queries, const ResultTables& tables);
  // Has tables of its own.
  Results(std::size_t queries, std::size_t columns);
  // Has room for as many neighbours as each query has, as a search within a radius needs.
  static Results unlimited(std::size_t queries);

  Results(Results&&) = default;
  Results& operator=(Results&&) = default;

  std::size_t queries() const { return queries_; }
  std::size_t columns() const { return tables_.columns; }
  std::size_t count(std::size_t query) const { return lists_.empty() ? tables_.counts[query] : lists_[query].size(); }
  std::uint32_t row(std::size_t query, std::size_t place) const {
    return lists_.empty() ? static_cast<std::uint32_t>(tables_.rows[query * columns() + place])
                          : lists_[query][place].row;
  }
  float distance(std::size_t query, std::size_t place) const {
    return lists_.empty() ? tables_.distances[query * columns() + place] : lists_[query][place].distance;
  }
  std::int64_t effort(std::size_t query) const { return tables_.efforts[query]; }
  std::uint32_t sought(std::size_t query) const { return tables_.sought[query]; }
  bool out_of_distribution(std::size_t query) const { return tables_.out_of_distribution[query] != 0; }

  // Adds a neighbour behind those that the query has; does nothing if there is no place left.
  void append(std::size_t query, std::uint32_t row, float distance);
  void set_effort(std::size_t query, std::int64_t effort) { tables_.efforts[query] = effort; }
  void set_sought(std::size_t query, std::uint32_t neighbours) { tables_.sought[query] = neighbours; }
  void set_out_of_distribution(std::size_t query, bool flag) { tables_.out_of_distribution[query] = flag ? 1 : 0; }
  // Removes the neighbours of a query.
  void clear(std::size_t query);
  // Replaces the result of a query by another one.
  void replace(std::size_t query, const Results& others, std::size_t other);

  SearchResult at(std::size_t query) const;
  std::vector<SearchResult> all() const;

 private:
  struct Found {
    std::uint32_t row;
    float distance;
  };

  Results() = default;
  void make_flags();

  std::size_t queries_ = 0;
  ResultTables tables_{};
  std::vector<std::vector<Found>> lists_;  // per query, if unlimited, instead of the tables
  // Tables of its own:
  std::vector<std::int64_t> rows_, efforts_;
  std::vector<float> distances_;
  std::vector<std::uint32_t> counts_, sought_;
  std::vector<std::uint8_t> flags_;
};

}  // namespace nearabout::index

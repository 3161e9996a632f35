// A group of queries that walk through a graph in turn: while one waits for a node, the others go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/top_k.h"
#include "index/graph/layout.h"
#include "index/graph/walk.h"
#include "index/request.h"
#include "index/results.h"
#include "index/search_stats.h"
#include "metric/bound_query.h"
#include "quantize/leading_queries.h"

namespace nearabout::graph {

// Names of counts of a search: nodes that walks were at, and nodes whose bytes they fetched besides.
inline constexpr std::string_view kNodesCounted = "nodes", kFetchedCounted = "fetched";

// The budget of a query.
struct GraphBudget {
  std::size_t width;  // of its walk
  std::size_t depth;  // nodes whose rows are compared
  bool guarded;       // whether queries whose neighbours look alike are left to a scan of every row
};

// One thread's work space, kept from search to search.
class GraphSearch {
 public:
  explicit GraphSearch(const GraphLayout& layout);

  // Answers queries [begin, end).
  void run(MatrixView queries, std::size_t begin, std::size_t end, const GraphBudget& budget,
           const index::Request& request, index::SearchStats* stats, index::Results& results);

 private:
  // One of the queries that are on their way: it walks, then its rows are fetched, and then compared.
  struct Turn {
    explicit Turn(const GraphLayout& layout) : walk(layout) {}
    Walk walk;
    std::size_t query = 0;
    bool walks = false;
    std::vector<std::uint32_t> rows;
  };
  // Does the next piece of work of a turn. Returns false if that was the last.
  bool go_on(Turn& turn, MatrixView queries, std::size_t begin, const GraphBudget& budget,
             const index::Request& request, index::Results& results);
  void start(Turn& turn, std::size_t query, std::size_t begin, const GraphBudget& budget,
             const index::Request& request);
  void fetch_rows(Turn& turn, const GraphBudget& budget, std::size_t copies);
  void compare(Turn& turn, MatrixView queries, std::size_t number, const GraphBudget& budget,
               const index::Request& request, index::Results& results);

  // Returns true if the neighbours that were found are nearer to each other than a walk can tell apart.
  bool are_alike(const Turn& turn, std::size_t number, const index::Request& request,
                 const index::Results& results) const;
  void compare_vectors(const Turn& turn, const metric::BoundQuery& bound, const index::Request& request, TopK& best);

  // Releases pages after every few places that were read, if the request says so: the system maps those around, too.
  void count_read(std::size_t places, const index::Request& request);

  const GraphLayout& layout_;
  MatrixView view_;
  quantize::LeadingQueries queries_;
  std::vector<std::unique_ptr<Turn>> turns_;
  std::vector<double> rdists_;
  std::size_t read_ = 0;  // places since pages were released
  std::uint64_t steps_ = 0, fetched_ = 0, compared_ = 0;
};

}  // namespace nearabout::graph

// Finds the nearest rows of a table: the one interface of all kinds of index. It knows no file and no keys, so that a
// collection of several parts can be searched through it (stored_index.h has those).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "index/calibration/calibration.h"
#include "index/description.h"
#include "index/descriptor.h"
#include "index/effort.h"
#include "index/filtered_efforts.h"
#include "index/request.h"
#include "index/results.h"
#include "index/search_filter.h"
#include "index/settled_efforts.h"

namespace nearabout::calibration {
struct CalibrationQueries;  // calibration_queries.h
class RecallProfile;        // recall_profile.h
}  // namespace nearabout::calibration

namespace nearabout::index {

struct BuildOptions;  // build_options.h

// The neighbours that a search looks for.
struct Sought {
  std::size_t k;           // per query
  std::size_t neighbours;  // nearest among all rows, filtered or not, that the k are among; more than k with a filter
  std::size_t rows;        // that comparing every allowed row would compare
};

// The fraction of the cost of comparing every row up to which an effort is worth it: some queries take both in the end.
inline constexpr double kWorthwhile = 0.8;

class Searcher {
 public:
  virtual ~Searcher() = default;
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;

  const Descriptor& descriptor() const { return descriptor_; }
  std::size_t rows() const { return descriptor_.rows; }
  std::size_t dims() const { return descriptor_.dims; }

  // Finds the neighbours of each query: as many as the request and the columns of `results`, new ones, allow. Queries
  // are float32 or of the index's own element type, dims() wide.
  void search(MatrixView queries, const Request& request, Results& results) const;
  // Searches with stored rows as queries. Without `include_self`, a row is left out of its own result.
  void search_rows(const std::vector<std::uint32_t>& rows, bool include_self, const Request& request,
                   Results& results) const;
  // Returns one result per query.
  std::vector<SearchResult> search(MatrixView queries, const Request& request) const;

  // Returns the efforts that a search can take; none by default, for kinds that always compare every row.
  virtual EffortRange effort() const { return {}; }
  // Returns true if the build fits parameters of the kind with held-out queries even without calibration.
  virtual bool needs_tuning() const { return false; }
  Budget budget(const Request& request) const;
  // Returns the effort of a search without effort and recall; nullopt: it compares every row.
  std::optional<std::size_t> default_effort(std::size_t k) const { return default_effort(sought(k)); }
  std::optional<std::size_t> default_effort(const Sought& sought) const;
  // Returns the effort needed for `recall` according to the calibration; nullopt if no calibrated effort reaches it, or
  // if comparing every row is expected to be faster.
  std::optional<std::size_t> effort_for(std::size_t k, double recall) const { return effort_for(sought(k), recall); }
  std::optional<std::size_t> effort_for(const Sought& sought, double recall) const;
  // Returns what a search looks for: the k nearest of a fraction of the rows that is chosen at random are spread evenly
  // among the k divided by that fraction nearest of all rows.
  Sought sought(std::size_t k) const { return {k, k, rows()}; }
  Sought sought(const Request& request) const;
  const std::optional<calibration::Calibration>& calibration() const { return calibration_; }
  // Returns the recall to expect of a search with this effort: 1 if every row is compared, nullopt if not measured.
  std::optional<calibration::Calibration::Expected> expected(std::size_t k, std::optional<std::size_t> effort) const;
  // Returns the effort of searches without effort and recall of a kind that keeps a bound of its own in these.
  virtual std::optional<std::size_t> bounded_effort() const { return {}; }
  // Returns true if an exact search takes much less time than comparing every row.
  virtual bool is_exact_quick() const { return false; }
  // Returns the approximate nanoseconds per query of comparing so many rows, all or those of a filter, in a batch.
  double exact_cost(std::size_t k) const { return exact_cost(k, rows()); }
  virtual double exact_cost(std::size_t k, std::size_t rows) const {
    (void)k;
    (void)rows;
    return std::numeric_limits<double>::infinity();
  }
  // Returns what do_search() needs to apply a filter. Null by default: allowed rows are then compared one by one
  // (allowed_scan.h), and do_search() never gets a filter.
  virtual std::unique_ptr<const KindFilter> derive_filter(const RowFilter& filter) const {
    (void)filter;
    return {};
  }
  // Returns true if a search with a filter always compares all allowed rows.
  virtual bool compares_allowed_rows() const { return false; }
  // Measures which neighbours the calibration queries find at each effort, and what that costs. By default, they are
  // searched at a ladder of efforts (calibration/searched_profile.h); a kind overrides this if it knows a faster way.
  virtual std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& queries,
                                                              const BuildOptions& build, const Monitor& monitor) const;
  // Returns the approximate nanoseconds per query at this effort, on one thread: a model, the same on every machine.
  virtual double query_cost(std::size_t k, std::size_t effort) const;
  // Returns the effort up to which all searches for k neighbours are the same.
  virtual std::size_t least_effort(std::size_t k) const {
    (void)k;
    return effort().min;
  }
  // Returns true if a search for a stored row is led to its neighbours by the row itself, so that it says nothing of
  // other queries unless the row is absent (Request::absent).
  virtual bool is_led_by_rows() const { return false; }
  // Returns true if searches fill Request::stats.
  virtual bool counts_work() const { return false; }
  // Returns what info() shows of this kind.
  virtual Description describe() const { return {}; }
  // Returns false for kinds that keep codes instead of vectors: they have no exact search.
  virtual bool keeps_vectors() const { return true; }
  // Returns every row once, in an order in which rows are mostly near those before and behind them, as far as the kind
  // knows: successive rows as the queries of a batch look into the same lists. Throws CorruptFileError.
  std::vector<std::uint32_t> batch_order() const;
  // Copies stored vectors, verified, one after the other; without vectors, decodes codes. InvalidInputError if the
  // codes are too small for that.
  void copy_vectors(const std::vector<std::uint32_t>& rows, std::byte* to) const;
  // Throws CorruptFileError if the kind's own sections contradict each other.
  virtual void verify(const Monitor& monitor) const { (void)monitor; }
  // Releases the memory of pages that searches have read.
  virtual void release_memory() const {}

 protected:
  // `name` identifies the index in errors.
  Searcher(const Descriptor& descriptor, std::string name, std::optional<calibration::Calibration> calibration);

  // Returns the default effort of an index without calibration.
  virtual std::size_t fallback_effort(std::size_t k) const {
    (void)k;
    return 0;
  }
  // Searches. `k` is at least 1 and at most the number of allowed rows; there is at least one row and one query. Rows
  // that the request excludes are no results, so k + most_excluded(request) rows have to be looked at. If
  // `budget` says every row and the index keeps vectors, results are exact. If it is guarded, results may be left to
  // search(), which compares every row for those that are marked kEveryRow, and for queries whose neighbours are where
  // those of no calibration query were.
  virtual void do_search(MatrixView queries, const Request& request, const Budget& budget, Results& results) const = 0;
  // Returns the efforts of a search with a filter; none if the request has an effort.
  FilteredEfforts filtered_efforts(const Request& request) const;
  // Searches again, with more effort, for queries that have fewer than k results and are not marked kEveryRow.
  void retry_short_results(MatrixView queries, const Request& request, std::size_t effort, Results& results) const;
  virtual void copy_vector(std::uint32_t row, std::byte* to) const = 0;
  // Returns the rows in the order in which the kind stores them, unverified; none by default: the order of rows.
  virtual std::vector<std::uint32_t> stored_order() const { return {}; }

 private:
  // Searches with a monitor that watches the deadline.
  void search_checked(MatrixView queries, const Request& request, Results& results) const;
  // Searches with one filter, or none.
  void search_allowed(MatrixView queries, const Request& request, Results& results) const;
  // Searches together for the queries that have the same filter.
  void search_by_filters(MatrixView queries, const Request& request, Results& results) const;
  // Searches within the budget that the request comes to; `k` is at most the number of allowed rows.
  void search_budgeted(MatrixView queries, const Request& request, Results& results) const;
  // Searches as if no rows were excluded, and again, for more neighbours, for queries that found excluded ones.
  void search_excluding(MatrixView queries, const Request& request, Results& results) const;
  // The queries that found excluded rows, and not enough others, or no others at all.
  struct Missing {
    std::vector<std::size_t> some_excluded, all_excluded;
  };
  // Does `all` for some of the queries, and keeps the rows that `request` does not exclude.
  Missing search_for_others(MatrixView queries, const Request& request, const Request& all,
                            const std::vector<std::size_t>& numbers, Results& results) const;
  // Compares every row that is not excluded with some of the queries.
  void compare_others(MatrixView queries, const Request& request, const std::vector<std::size_t>& numbers,
                      Results& results) const;
  // Returns the effort by the calibration, or the fallback.
  std::optional<std::size_t> settle_default_effort(const Sought& sought) const;
  // Returns the recall that a search is to keep, if it has no effort.
  double target_of(const Request& request) const;
  // Returns how many neighbours a query has, at most k: fewer if not as many rows are allowed and not excluded.
  std::size_t wanted_of(const Request& request, std::size_t query) const;
  // Marks results (kEveryRow) of guarded queries whose nearest or tenth neighbour (with a filter, only the nearest) is
  // at a distance that no calibration query had: every row is to be compared for them.
  void find_out_of_distribution(const Request& request, Results& results) const;
  // Answers together, with every row, the queries of a batch whose results say so (kEveryRow): alone, each would take
  // some three times as long. Results keep the flag of queries unlike those of calibration.
  void compare_every_row(MatrixView queries, const Request& request, Results& results) const;

  Descriptor descriptor_;
  std::string name_;
  std::optional<calibration::Calibration> calibration_;
  mutable SettledEfforts default_efforts_;
};

}  // namespace nearabout::index

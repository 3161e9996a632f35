// From queries to the most promising rows: each list is scanned once for all queries of a group that probe it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "index/ivf/coarse.h"
#include "index/ivf/filtered_budget.h"
#include "index/ivf/page_cache.h"
#include "kernels/kernels.h"
#include "quantize/leading_queries.h"

namespace nearabout::ivf {

// The budget of a query: lists to probe, and rows kept by their codes to be compared in full.
struct IvfBudget {
  std::size_t probes;  // on average; if `alike`, for every query
  std::size_t depth;
  bool alike = false;
  // For guarded queries (guard.h):
  std::size_t k = 0;          // neighbours; 0: not guarded
  double misses = 0;          // limit of expected misses
  double recall = 0;          // target recall
  double every_row_cost = 0;  // nanoseconds to compare every row: the most that a query may cost
  FilteredBudget filtered = {};
};

// Scans lists. Reuses its work space from group to group.
class ListScan {
 public:
  ListScan(const IvfLayout& layout, const PageCacheMonitor& page_cache)
      : layout_(layout),
        page_cache_(page_cache),
        queries_(layout.transform, layout.directions, layout.codes.of_cell(0)),
        ranking_(layout) {}

  const quantize::LeadingQueries& queries() const { return queries_; }
  void bind(MatrixView queries, std::size_t begin, std::size_t end) { queries_.bind(queries, begin, end); }
  // Ranks the lists of each query.
  void rank(const IvfBudget& allowance);
  void scan();
  // Probes more lists for queries near which a filter allows fewer rows than in their lists (filtered_ranking.cpp).
  void widen();

  // Probes more lists for guarded queries that have probably missed neighbours.
  void extend();

  // Returns true if a query is better answered by comparing every row.
  bool wants_every_row(std::size_t query) const { return progress_[query].every_row; }
  // Returns true if a query was far from typical of the calibration: it probed at least twice as many lists.
  bool is_suspicious(std::size_t query) const {
    const Progress& progress = progress_[query];
    return allowance_.k > 0 && (progress.out_of_distribution || 2 * progress.added.size() >= progress.probes);
  }
  // Returns true if rows were dropped because their estimates were too large.
  bool has_dropped(std::size_t query) const { return scans_[query].threshold < std::numeric_limits<float>::infinity(); }
  // Returns the estimates of rows near the query that a filter left out, if it was searched for a target recall.
  std::span<const float> left_out(std::size_t query) const {
    const kernels::CodeScan& scan = scans_[query];
    return {scan.left_out, allowance_.filtered.probes ? scan.left_out_found : 0};
  }
  // Returns true if a query's neighbours, of which so many rows that were left out are nearer, are farther down than it
  // searched for: estimates alone say less, because the best of many are too small.
  bool is_farther_down(std::size_t query, std::size_t nearer_left_out) const;
  // Returns true if a filter left out the nearest rows of a query.
  bool looked_farther_down(std::size_t query) const {
    constexpr double kBeyondChance = 8;
    const Progress& progress = progress_[query];
    const double expected = static_cast<double>(allowance_.filtered.k) / progress.fraction;
    return static_cast<double>(progress.neighbours) > kBeyondChance * expected;
  }
  void ask_for_every_row(std::size_t query) { progress_[query].every_row = true; }
  // Does so, and flags the query as unlike those of the calibration.
  void flag(std::size_t query) { progress_[query].every_row = progress_[query].out_of_distribution = true; }
  // Returns how many neighbours a query may be expected to miss among the dropped rows: a multiple of what the recall
  // allows, because the depth was chosen for the mean of all queries.
  double allowed_by_depth() const { return 5 * (1 - allowance_.recall) * static_cast<double>(allowance_.k); }
  // Returns true if the query has probably missed far more neighbours than those of the calibration.
  bool out_of_distribution(std::size_t query) const { return progress_[query].out_of_distribution; }
  std::size_t probes(std::size_t query) const { return progress_[query].probes; }

  // Returns the places of a query's most promising rows in list_rows: at most max_kept(depth).
  std::span<const std::uint32_t> candidates(std::size_t query);
  // Returns the estimates of these rows, in the same order (estimates.h has the units).
  std::span<const float> estimates(std::size_t query) const { return {scans_[query].estimates, scans_[query].found}; }

  // Returns the lists that a query probes, the nearest one first.
  std::vector<calibration::RankedList> ranked_lists(std::size_t query) const;

  std::size_t lists_scanned() const { return lists_scanned_; }
  std::size_t codes_scanned() const { return codes_scanned_; }

 private:
  struct Probe {
    std::uint32_t list, query;
    float distance;  // as in RankedList
  };
  // The state of a query.
  struct Progress {
    std::size_t probes = 0;                       // lists probed
    std::size_t rows = 0;                         // rows in them
    std::size_t depth = 0;                        // rows kept by their codes
    std::size_t cell = 0;                         // that its tables are for
    std::size_t effort = 0;                       // of a target recall with a filter
    double fraction = 1;                          // of the rows of its lists that a filter allows
    std::size_t left_out = 0;                     // near rows that a filter left out, besides those in the scan
    std::size_t neighbours = 0;                   // that it looks for, where the nearest rows are left out
    std::size_t skipped = 0;                      // rows of nearer lists without allowed rows
    std::size_t quiet = 0;                        // consecutive rounds that found hardly anything new
    std::size_t quiet_wanted = 1;                 // number of such rounds after which the query stops
    std::vector<float> nearest;                   // smallest estimates before the last round
    std::vector<calibration::RankedList> beyond;  // the nearest lists not yet probed
    std::vector<Probe> added;                     // lists probed after the first round
    double limit = 0;                             // limit of expected misses
    double most_spent = 0;  // largest cost up to the next round, as a fraction of comparing every row
    bool done = false, every_row = false, out_of_distribution = false, strange = false;
  };
  std::size_t probes_of(std::size_t first, std::size_t i, std::size_t effort) const;
  // With a filter:
  std::size_t allowed_in_ranked() const;
  void rank_for_recall(std::size_t first, std::size_t i, double& misses);
  void rank_for_effort(std::size_t first, std::size_t i);
  std::size_t left_out_within(std::size_t query, float threshold) const;
  std::size_t rank_of_last(std::size_t query);
  void deepen(std::size_t query, std::size_t rank);
  void widen_query(std::size_t query);
  void drop_left_out(std::size_t query);
  void keep_nearest_ranked(std::size_t count, std::vector<calibration::RankedList>& beyond);
  std::span<const calibration::GroupResiduals> residuals() const;
  std::size_t list_count() const;  // of lists that may be probed
  void make_room();
  std::size_t limit_of(std::size_t query) const;
  void ask_for_lists();
  void rank_query(std::size_t first, std::size_t i);
  void rank_lists(std::size_t first, std::size_t i, std::size_t probes);
  void scan_list(const Probe* probes, std::size_t count);
  void bind_to(std::size_t cell, std::size_t query);
  void scan_blocks(const Probe* probes, std::size_t count, std::uint64_t block, std::size_t rows);
  void thin(std::size_t query);
  void sort_probes();
  void scan_in_order();
  std::span<const float> least_estimates(std::size_t query, std::size_t k, float& threshold);
  // Returns about the k-th smallest estimate of a query so far, and no less.
  float threshold_of(std::size_t query, std::size_t k);
  void look(std::size_t query, bool first);
  void start_anew(std::size_t query);
  void choose_more(std::size_t query);
  void refill(std::size_t query);
  void rank_more(std::size_t query, std::size_t wanted);
  void probe_more(std::size_t query, std::size_t wanted);
  bool found_little_new(std::size_t query);
  // Returns true if that costs more than a fraction of comparing every row, which is then the better way.
  bool costs_too_much(const Progress& progress, std::size_t rows, std::size_t lists) const;
  static void give_up(Progress& progress);

  const IvfLayout& layout_;
  const PageCacheMonitor& page_cache_;
  quantize::LeadingQueries queries_;
  ListRanking ranking_;
  IvfBudget allowance_{};
  std::size_t max_depth_ = 0;
  std::size_t room_ = 0;  // rows that fit, per query
  std::size_t all_room_ = 0;
  std::unique_ptr<std::uint32_t[]> numbers_;
  std::unique_ptr<float[]> estimates_;
  std::vector<float> left_out_;                 // estimates of rows that a filter left out
  std::vector<kernels::CodeScan> scans_;        // one per query
  std::vector<kernels::CodeScan*> list_scans_;  // of the queries that probe one list
  std::vector<calibration::RankedList> ranked_;
  std::vector<Probe> probes_;              // of all queries, one after another, each with its nearest list first
  std::vector<std::size_t> first_probes_;  // first probe of each query
  std::vector<Probe> order_, sorted_;      // probes to scan next, as chosen and sorted by lists
  std::vector<std::size_t> firsts_;
  std::vector<std::uint32_t> cold_;  // lists of a whole group
  std::size_t codes_scanned_ = 0;
  std::size_t lists_scanned_ = 0;
  std::vector<Progress> progress_;  // one per query
  std::vector<float> some_estimates_;
  std::vector<std::uint32_t> some_numbers_;
};

}  // namespace nearabout::ivf

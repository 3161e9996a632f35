// From queries to the rows that look nearest: every list once for all queries of a group that look into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "index/ivf/coarse.h"
#include "index/ivf/queries.h"
#include "kernels/kernels.h"

namespace nearabout {

// What a search spends on a query: lists looked into, and rows that are kept by their codes to be compared in full.
struct IvfBudget {
  std::size_t probes;  // on average; `alike`: of every query
  std::size_t depth;
  bool alike = false;
  // Where queries are guarded (guard.h):
  std::size_t k = 0;          // neighbours; 0: they are not
  double misses = 0;          // that may be expected
  double recall = 0;          // to keep
  double every_row_cost = 0;  // nanoseconds of comparing every row: what a query may not cost more than
};

// Keeps its work space from group to group.
class ListScan {
 public:
  explicit ListScan(const IvfIndex& index) : index_(index), queries_(index), ranking_(index) {}

  const IvfQueries& queries() const { return queries_; }
  void bind(MatrixView queries, std::size_t begin, std::size_t end) { queries_.bind(queries, begin, end); }
  // Ranks the lists of each query.
  void rank(const IvfBudget& spend);
  void scan();

  // Looks into more lists for guarded queries that have probably missed neighbours.
  void extend();

  // Whether a query is better answered by comparing every row.
  bool wants_every_row(std::size_t query) const { return progress_[query].every_row; }
  // Whether a query was far from going like the calibration's: it looked into twice as many lists, at least.
  bool is_suspicious(std::size_t query) const {
    const Progress& progress = progress_[query];
    return spend_.k > 0 && (progress.out_of_distribution || 2 * progress.more.size() >= progress.probes);
  }
  // Whether rows were dropped since their estimates were too large.
  bool has_dropped(std::size_t query) const { return scans_[query].threshold < std::numeric_limits<float>::infinity(); }
  void ask_for_every_row(std::size_t query) {
    progress_[query].every_row = progress_[query].out_of_distribution = true;
  }
  // How many neighbours a query may be expected to miss among the rows that were dropped: some times what the recall
  // allows, since how deep to look was chosen for the mean of all queries.
  double allowed_by_depth() const { return 5 * (1 - spend_.recall) * static_cast<double>(spend_.k); }
  // Whether it has probably missed far more than the queries of the calibration.
  bool out_of_distribution(std::size_t query) const { return progress_[query].out_of_distribution; }
  std::size_t probes(std::size_t query) const { return progress_[query].probes; }

  // Where the rows that look nearest to a query lie, among list_rows: at most max_kept(depth).
  std::span<const std::uint32_t> candidates(std::size_t query);
  // What their codes estimate, in their order (estimates.h has the units).
  std::span<const float> estimates(std::size_t query) const { return {scans_[query].estimates, scans_[query].found}; }

  // The lists that a query looks into, the nearest in front.
  std::vector<RankedList> ranked_lists(std::size_t query) const;

  std::size_t lists_scanned() const { return lists_scanned_; }
  std::size_t codes_scanned() const { return codes_scanned_; }

 private:
  // How far a query has come.
  struct Progress {
    std::size_t probes = 0;           // lists looked into
    std::size_t rows = 0;             // in them
    std::size_t depth = 0;            // rows kept by their codes
    std::size_t quiet = 0;            // rounds in a row that found hardly anything new,
    std::size_t quiet_wanted = 1;     // and how many are to be believed
    std::vector<float> nearest;       // the least estimates before the last round
    std::vector<RankedList> beyond;   // the nearest lists that were not looked into
    std::vector<std::uint32_t> more;  // lists that were looked into after the first round
    double limit = 0;                 // of misses
    double most_spent = 0;            // in the next round, of what comparing every row costs
    bool done = false, every_row = false, out_of_distribution = false, strange = false;
  };
  struct Probe {
    std::uint32_t list, query;
    float distance;  // as RankedList has it
  };
  std::size_t probes_of(std::size_t first, std::size_t i) const;
  void make_room();
  std::size_t limit_of(std::size_t query) const;
  void ask_for_lists();
  void scan_list(const Probe* probes, std::size_t count);
  void thin(std::size_t query);
  void scan_in_order();
  std::span<const float> least_estimates(std::size_t query, std::size_t k, float& threshold);
  // About the k-th least estimate of a query so far, and no less.
  float threshold_of(std::size_t query, std::size_t k);
  void look(std::size_t query, bool first);
  void start_anew(std::size_t query);
  void choose_more(std::size_t query);
  void refill(std::size_t query);
  bool found_little_new(std::size_t query);
  // Whether that is more than a part of what comparing every row costs, which then is the better way.
  bool costs_too_much(const Progress& progress, std::size_t rows, std::size_t lists) const;
  static void give_up(Progress& progress);

  const IvfIndex& index_;
  IvfQueries queries_;
  ListRanking ranking_;
  IvfBudget spend_{};
  std::size_t max_depth_ = 0;
  std::size_t room_ = 0;  // of a query
  std::size_t all_room_ = 0;
  std::unique_ptr<std::uint32_t[]> numbers_;
  std::unique_ptr<float[]> estimates_;
  std::vector<kernels::CodeScan> scans_;  // of each query
  std::vector<kernels::CodeScan*> some_;  // of those that look into one list
  std::vector<RankedList> ranked_;
  std::vector<Probe> probes_;              // of all queries, one after the other, each with its nearest list in front
  std::vector<std::size_t> first_probes_;  // of each query
  std::vector<Probe> order_, sorted_;      // that are scanned next; the same by lists
  std::vector<std::size_t> firsts_;
  std::vector<std::uint32_t> cold_;  // lists of a whole group
  std::size_t codes_scanned_ = 0;
  std::size_t lists_scanned_ = 0;
  std::vector<Progress> progress_;  // of each query
  std::vector<float> some_estimates_;
  std::vector<std::uint32_t> some_numbers_;
};

}  // namespace nearabout

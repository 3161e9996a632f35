// From queries to the rows that look nearest: every list once for all queries of a group that look into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/ivf/coarse.h"
#include "index/ivf/queries.h"
#include "kernels/kernels.h"

namespace nearabout {

// What a search spends on a query: lists looked into, and rows that are kept by their codes to be compared in full.
struct Spend {
  std::size_t probes;  // on average; `alike`: of every query
  std::size_t depth;
  bool alike = false;
};

// Keeps its work space from group to group.
class ListScan {
 public:
  explicit ListScan(const IvfIndex& index) : index_(index), queries_(index), ranking_(index) {}

  const IvfQueries& queries() const { return queries_; }
  void bind(MatrixView queries, std::size_t begin, std::size_t end) { queries_.bind(queries, begin, end); }
  // Ranks the lists of each query.
  void rank(const Spend& spend);
  void scan();

  // Where the rows that look nearest to a query lie, among list_rows: at most kept_at_most(depth).
  std::span<const std::uint32_t> candidates(std::size_t query);
  // What their codes estimate, in their order (estimates.h has the units).
  std::span<const float> estimates(std::size_t query) const { return {scans_[query].estimates, scans_[query].found}; }

  // The lists that a query looks into, the nearest in front.
  std::vector<RankedList> ranked_lists(std::size_t query) const;

  std::size_t lists_scanned() const { return probes_.size(); }
  std::size_t codes_scanned() const { return codes_scanned_; }

 private:
  struct Probe {
    std::uint32_t list, query;
    float distance;  // as RankedList has it
  };
  std::size_t probes_of(std::size_t first, std::size_t i) const;
  void make_room();
  void ask_for_lists();
  void scan_list(const Probe* probes, std::size_t count);
  void thin(kernels::CodeScan& scan) const;

  const IvfIndex& index_;
  IvfQueries queries_;
  ListRanking ranking_;
  Spend spend_{};
  std::size_t limit_ = 0;  // of those that wait, before they are thinned
  std::size_t room_ = 0;   // of a query
  std::size_t all_room_ = 0;
  std::unique_ptr<std::uint32_t[]> numbers_;
  std::unique_ptr<float[]> estimates_;
  std::vector<kernels::CodeScan> scans_;  // of each query
  std::vector<kernels::CodeScan*> some_;  // of those that look into one list
  std::vector<RankedList> ranked_;
  std::vector<Probe> probes_;              // of all queries, one after the other, each with its nearest list in front
  std::vector<std::size_t> first_probes_;  // of each query
  std::vector<Probe> order_;               // by lists
  std::vector<std::size_t> firsts_;
  std::vector<std::uint32_t> cold_;  // lists of a whole group
  std::size_t codes_scanned_ = 0;
};

}  // namespace nearabout

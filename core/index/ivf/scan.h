// From queries to the rows that look nearest: every list once for all queries of a group that look into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "index/ivf/coarse.h"
#include "index/ivf/queries.h"
#include "kernels/kernels.h"

namespace nearabout {

// What a search spends on a query: lists looked into, rows kept by their codes, rows compared in full.
struct Spend {
  std::size_t probes;
  std::size_t depth;
  std::size_t compared;
};

// Keeps its work space from group to group.
class ListScan {
 public:
  explicit ListScan(const IvfIndex& index) : index_(index), queries_(index), ranking_(index) {}

  const IvfQueries& queries() const { return queries_; }
  void bind(MatrixView queries, std::size_t begin, std::size_t end) { queries_.bind(queries, begin, end); }
  // Ranks the lists of each query. What is known to be too far by `limit`, as an estimate, is left out.
  void rank(const Spend& spend, float limit);
  void scan();

  // The rows that look nearest to a query: at most the depth and an eighth. `place` is among list_rows.
  struct Candidates {
    const std::uint32_t* numbers;
    const float* estimates;
    std::size_t count;
  };
  Candidates candidates(std::size_t query);
  // Of a candidate's number: its place, and the distance of its list's centroid.
  std::uint64_t place_of(std::size_t query, std::uint32_t number) const {
    return std::uint64_t{part_of(query, number).first} + (number & (kPartRows - 1));
  }
  float distance_of(std::size_t query, std::uint32_t number) const { return part_of(query, number).distance; }

  std::size_t lists_scanned() const { return parts_.size(); }
  std::size_t codes_scanned() const { return codes_scanned_; }

 private:
  // Rows of a list that a query looks into. A number is that of the part among the query's, and of the row in it.
  static constexpr std::size_t kPartRows = 65'536;
  struct Part {
    std::uint32_t list, first, rows;  // `first` is a place among list_rows
    float distance;
  };
  struct Probe {
    std::uint32_t query, part;
  };
  const Part& part_of(std::size_t query, std::uint32_t number) const {
    return parts_[first_parts_[query] + number / kPartRows];
  }
  void make_room(float limit);
  void add_parts(const RankedList& ranked);
  void scan_part(const Probe* probes, std::size_t count);
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
  std::vector<Part> parts_;               // of all queries, one after the other
  std::vector<std::size_t> first_parts_;  // of each query
  std::vector<Probe> order_;              // by lists
  std::vector<std::size_t> firsts_;
  std::size_t codes_scanned_ = 0;
};

}  // namespace nearabout

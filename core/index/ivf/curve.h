// What a search has to spend for which recall: measured at build on queries whose neighbours are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "index/ivf/encode.h"
#include "index/ivf/pack.h"
#include "quantize/byte_rows.h"

namespace nearabout {

// This share of the 10 nearest is found in `probes` lists where the `depth` rows that look nearest are compared by what
// the index keeps of them.
struct CurvePoint {
  double recall;
  double probes;
  double depth;
};

inline constexpr std::size_t kCurveNeighbours = 10;

// Follows the lists as they are packed, and keeps the rows that look nearest to each query.
class CurveMeasure {
 public:
  // `trials` know their neighbours by now; they are taken out of it.
  CurveMeasure(const LearntLists& learnt, const EncodedRows& encoded, Trials& trials,
               const std::vector<std::uint32_t>& sizes, std::size_t threads);

  void look_at(const std::vector<PackedList>& packed);
  // Where rows are compared by bytes, once all lists are packed: what the candidates are compared by, first the steps
  // of it, then some rows after the other.
  void bind_bytes(const ByteSteps& steps);
  void look_at_bytes(std::size_t first, std::size_t count, const std::int8_t* codes, const float* squares);
  // The cheapest for each of some recalls, by the rows that are scanned and compared; empty where no query has a
  // neighbour. Where vectors are not compared, the last one has about the most that was reached.
  std::vector<CurvePoint> points(std::size_t row_bytes);

 private:
  // A row that looks near, and how many of the numbers of lists that are tried are too few to reach its own.
  struct Candidate {
    float estimate;
    std::uint32_t step;
    std::uint32_t row;
    bool neighbour;
    double rank;  // by its bytes, where those are compared
  };
  struct Query {
    std::optional<std::uint32_t> row;  // its own, where it is one
    std::vector<float> vector;         // as it is asked
    std::vector<float> image;
    AlignedBytes tables;
    float unit = 0;
    std::vector<float> bases;         // of each list: |q - c|^2
    std::vector<std::uint8_t> steps;  // of each list, as a candidate's
    std::vector<double> scanned;      // rows of the lists of each step
    std::vector<std::uint32_t> neighbours;
    std::vector<std::uint32_t> rows;  // those that look nearest so far, and some more
    std::vector<float> estimates;
    std::size_t found = 0;
    float threshold = 0;
    std::vector<Candidate> candidates;  // by their estimates
    std::vector<std::uint32_t> by_row;  // their places in this order
    std::size_t seen = 0;               // of them, by their bytes
  };
  struct Found;
  void bind(Trials& trials, std::size_t number, Query& query) const;
  void rank_lists(Query& query) const;
  void scan(const PackedList& packed, Query& query) const;
  void finish(Query& query) const;
  void finish_all();
  void count(const Query& query, Found& found) const;
  void count_ranked(const Query& query, Found& found) const;
  CurvePoint cheapest(double recall, const Found& found, const std::vector<double>& scanned,
                      std::size_t row_bytes) const;

  const LearntLists& learnt_;
  const EncodedRows& encoded_;
  LeadingCodes codes_;
  const std::vector<std::uint32_t>& sizes_;
  std::size_t threads_;
  std::vector<std::size_t> probes_;  // the numbers of lists that are tried
  std::vector<Query> queries_;
  std::vector<BoundByteQuery> byte_queries_;
  bool finished_ = false;
};

}  // namespace nearabout

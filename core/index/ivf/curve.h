// What a search has to spend for which recall: measured at build on queries whose neighbours are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/ivf/encode.h"
#include "index/ivf/pack.h"

namespace nearabout {

// At `probes` lists and with the `depth` most promising rows compared, this share of the 10 nearest is found.
struct CurvePoint {
  double recall;
  double probes;
  double depth;
};

inline constexpr std::size_t kCurveNeighbours = 10;

// Follows the lists as they are packed, and counts which of their rows look nearer than the true neighbours of each
// query.
class CurveMeasure {
 public:
  // `trials` know their neighbours by now; they are taken out of it.
  CurveMeasure(const LearntLists& learnt, const EncodedRows& encoded, Trials& trials,
               const std::vector<std::uint32_t>& sizes, std::size_t threads);

  void look_at(const std::vector<PackedList>& packed);
  // The cheapest for each of some recalls, by the rows that are scanned and compared; empty where no query has a
  // neighbour.
  std::vector<CurvePoint> points(std::size_t row_bytes) const;

 private:
  // A true neighbour: among how many lists, at least, its own is (a place in `probes_`), and how near it looks.
  struct Neighbour {
    std::size_t step;
    float estimate;
  };
  struct Query {
    std::vector<float> image;
    std::vector<std::int8_t> tables;
    float unit = 0;
    std::vector<float> bases;         // of each list: |q - c|^2
    std::vector<std::uint8_t> steps;  // of each list, as a neighbour's
    std::vector<Neighbour> neighbours;
    std::vector<std::uint32_t> rivals;  // of each step and neighbour: rows that look nearer
    std::vector<double> scanned;        // rows of the lists of each step
    float threshold = 0;
  };
  void bind(const EncodedRows& encoded, Trials& trials, std::size_t number, Query& query) const;
  void rank_lists(Query& query) const;
  void scan(const PackedList& packed, Query& query, std::vector<std::uint32_t>& numbers,
            std::vector<float>& estimates) const;

  const LearntLists& learnt_;
  LeadingCodes codes_;
  const std::vector<std::uint32_t>& sizes_;
  std::size_t threads_;
  std::vector<std::size_t> probes_;  // the numbers of lists that are tried
  std::vector<Query> queries_;
};

}  // namespace nearabout

#include "index/forest/measure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/threads.h"
#include "base/top_k.h"
#include "kernels/kernels.h"

namespace nearabout {
namespace {

constexpr std::size_t kQueries = 64;
constexpr std::size_t kNeighbours = 10;
constexpr std::array<double, 9> kShares{0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99};
constexpr double kDoubtShare = 0.98;

// Marks of `count` nodes or rows.
void marks_of(const SketchQuery& query, float scale, const std::uint8_t* codes, const float* offsets, std::size_t width,
              std::size_t count, std::vector<std::int32_t>& dots, std::vector<float>& marks) {
  dots.resize(count);
  marks.resize(count);
  kernels::table().screen.rows(query.bytes(), {codes, width, nullptr, count}, width, 0, dots.data());
  for (std::size_t i = 0; i < count; ++i) marks[i] = offsets[i] + scale * static_cast<float>(dots[i]);
}

class Measurer {
 public:
  Measurer(const GrownForest& forest, const RowReader& read, std::size_t rows)
      : forest_(forest), read_(read), rows_(rows), width_(forest.sketch.width()) {
    for (const Tree& tree : forest.trees) {
      places_.emplace_back(rows);
      for (std::size_t place = 0; place < rows; ++place)
        places_.back()[tree.rows[place]] = static_cast<std::uint32_t>(place);
    }
  }

  struct Findings {
    std::vector<double> efforts;  // that each neighbour takes
    std::vector<double> doubts;
  };

  Findings measure(std::size_t row) const {
    std::vector<float> vector(forest_.sketch.dims());
    read_(row, row + 1, vector.data());
    const SketchQuery query = SketchQuery::bind(forest_.sketch, vector.data(), 1)[0];
    const std::vector<Neighbour> nearest = nearest_of(query, row);
    Findings findings;
    const std::vector<std::uint64_t> looked = rows_until_leaf(query);
    for (const Neighbour& neighbour : nearest) findings.efforts.push_back(effort_for(neighbour.row, looked));
    for (const Neighbour& neighbour : nearest) findings.doubts.push_back(doubt_of(query, vector, neighbour));
    return findings;
  }

 private:
  // By estimates, the row itself left out and what is the same to the last bit: such rows say nothing of others.
  std::vector<Neighbour> nearest_of(const SketchQuery& query, std::size_t row) const {
    std::vector<std::int32_t> dots;
    std::vector<float> marks;
    marks_of(query, query.scale(), forest_.codes.data(), forest_.offsets.data(), width_, rows_, dots, marks);
    TopK best(kNeighbours);
    const std::uint8_t* own = forest_.codes.data() + row * width_;
    for (std::size_t i = 0; i < rows_; ++i)
      if (double{marks[i]} <= best.worst() && !std::equal(own, own + width_, forest_.codes.data() + i * width_))
        best.push(double{marks[i]}, static_cast<std::uint32_t>(i));
    return best.take_sorted();
  }

  // For each leaf, how many rows a search has looked at when it is done with it.
  std::vector<std::uint64_t> rows_until_leaf(const SketchQuery& query) const {
    const Level& leaves = forest_.levels[0];
    std::vector<std::int32_t> dots;
    std::vector<float> marks;
    marks_of(query, query.centroid_scale(), forest_.node_codes.data(), forest_.node_offsets.data(), width_,
             leaves.nodes(), dots, marks);
    std::vector<std::uint32_t> order(leaves.nodes());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return marks[a] < marks[b] || (marks[a] == marks[b] && a < b); });
    std::vector<std::uint64_t> looked(leaves.nodes());
    std::uint64_t sum = 0;
    for (const std::uint32_t leaf : order) {
      sum += leaves.firsts[leaf + 1] - leaves.firsts[leaf];
      looked[leaf] = sum;
    }
    return looked;
  }

  double effort_for(std::uint32_t row, const std::vector<std::uint64_t>& looked) const {
    const std::vector<std::uint64_t>& firsts = forest_.levels[0].firsts;
    std::uint64_t least = ~std::uint64_t{0};
    for (std::size_t tree = 0; tree < places_.size(); ++tree) {
      const std::uint64_t place = tree * rows_ + places_[tree][row];
      const auto leaf = std::upper_bound(firsts.begin(), firsts.end(), place) - firsts.begin() - 1;
      least = std::min(least, looked[static_cast<std::size_t>(leaf)]);
    }
    return static_cast<double>(least);
  }

  double doubt_of(const SketchQuery& query, const std::vector<float>& vector, const Neighbour& neighbour) const {
    std::vector<float> other(vector.size());
    read_(neighbour.row, neighbour.row + 1, other.data());
    return query.doubt(static_cast<float>(neighbour.rank), vector.data(), other.data());
  }

  const GrownForest& forest_;
  const RowReader& read_;
  std::size_t rows_;
  std::size_t width_;
  std::vector<std::vector<std::uint32_t>> places_;  // of each row in each tree
};

double quantile(std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::ceil(place))];
}

}  // namespace

std::vector<EffortPoint> measure_efforts(GrownForest& forest, const RowReader& read, std::size_t rows,
                                         std::size_t threads) {
  const std::size_t queries = std::min(kQueries, rows);
  std::vector<Measurer::Findings> findings(queries);
  {
    const Measurer measurer(forest, read, rows);
    parallel_for(queries, 1, threads, [&](std::size_t query, std::size_t, std::size_t) {
      findings[query] = measurer.measure((2 * query + 1) * rows / (2 * queries));
    });
  }
  std::vector<double> efforts;
  std::vector<double> doubts;
  for (const Measurer::Findings& found : findings) {
    efforts.insert(efforts.end(), found.efforts.begin(), found.efforts.end());
    doubts.insert(doubts.end(), found.doubts.begin(), found.doubts.end());
  }
  if (efforts.empty()) return {};  // all rows are the same
  std::sort(efforts.begin(), efforts.end());
  std::sort(doubts.begin(), doubts.end());
  forest.sketch.doubt = std::max(0.0, quantile(doubts, kDoubtShare));
  std::vector<EffortPoint> points;
  for (const double share : kShares) points.push_back({share, quantile(efforts, share)});
  return points;
}

}  // namespace nearabout

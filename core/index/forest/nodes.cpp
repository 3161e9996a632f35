#include "index/forest/nodes.h"

#include <algorithm>
#include <utility>

#include "base/threads.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/residuals.h"

namespace nearabout::forest {
namespace {

using quantize::Sketch;

constexpr std::size_t kFanOut = 64;       // leaves per group, groups per group
constexpr std::size_t kFewNodes = 2'048;  // with at most this many nodes, all are ranked
constexpr std::size_t kNodesAtATime = 64;

struct Span {
  std::uint64_t begin, end;
};

// Returns the largest branches with at most `most` leaves, in order. A full binary tree of L leaves has 2 L - 1 nodes.
std::vector<Span> cut(const std::vector<Tree>& trees, std::uint64_t rows, std::size_t most) {
  std::vector<Span> spans;
  for (std::size_t tree = 0; tree < trees.size(); ++tree) {
    const std::vector<Branch>& branches = trees[tree].branches;
    for (std::size_t i = 0; i < branches.size();) {
      const std::size_t leaves = (std::size_t{branches[i].skip} + 1) / 2;
      if (leaves > most) {
        ++i;
        continue;
      }
      spans.push_back({tree * rows + branches[i].begin, tree * rows + branches[i].end});
      i += branches[i].skip;
    }
  }
  return spans;
}

}  // namespace

std::vector<Level> levels_of(const std::vector<Tree>& trees, std::uint64_t rows) {
  std::vector<Level> levels;
  std::vector<Span> below = cut(trees, rows, 1);
  Level leaves;
  for (const Span& span : below) leaves.firsts.push_back(span.begin);
  leaves.firsts.push_back(trees.size() * rows);
  levels.push_back(std::move(leaves));
  for (std::size_t most = kFanOut; below.size() > kFewNodes && levels.size() < kMaxLevels; most *= kFanOut) {
    const std::vector<Span> spans = cut(trees, rows, most);
    Level level;
    std::size_t child = 0;
    for (const Span& span : spans) {
      while (below[child].begin < span.begin) ++child;
      level.firsts.push_back(child);
    }
    level.firsts.push_back(below.size());
    levels.push_back(std::move(level));
    below = spans;
  }
  return levels;
}

namespace {

// Accumulates weighted codes until a node is complete.
class Centre {
 public:
  explicit Centre(const Sketch& sketch)
      : sketch_(sketch),
        sums_(sketch.width()),
        squares_(sketch.width()),
        spread_(sketch.space() == transform::CodeSpace::inner_product) {}

  // Adds a code that represents `rows` rows, which are spread around it by `spread`, a mean square.
  void add(const std::uint8_t* code, std::uint64_t rows, double spread) {
    for (std::size_t j = 0; j < sums_.size(); ++j) sums_[j] += rows * code[j];
    if (spread_)
      for (std::size_t j = 0; j < sums_.size(); ++j) squares_[j] += rows * code[j] * code[j];
    rows_ += rows;
    inner_ += static_cast<double>(rows) * spread;
  }

  void finish(std::uint8_t* code, float* offset) {
    const double rows = static_cast<double>(rows_);
    double sum = spread_ ? -inner_ / rows : 0;
    for (std::size_t j = 0; j < sums_.size(); ++j) {
      const double mean = static_cast<double>(sums_[j]) / rows;
      const double step = double{sketch_.grid.step[j]};
      code[j] = static_cast<std::uint8_t>(mean + 0.5);
      const double value = double{sketch_.grid.low[j]} + step * code[j];
      const double square = static_cast<double>(squares_[j]) / rows;
      sum += spread_ ? (mean * mean - square) * step * step : value * value;
    }
    *offset = static_cast<float>(std::clamp(sum, -1e30, 1e30));
    std::fill(sums_.begin(), sums_.end(), 0);
    std::fill(squares_.begin(), squares_.end(), 0);
    rows_ = 0;
    inner_ = 0;
  }

 private:
  const Sketch& sketch_;
  std::vector<std::uint64_t> sums_, squares_;
  bool spread_;
  std::uint64_t rows_ = 0;
  double inner_ = 0;
};

// Summarizes the distances of codes from that of their leaf.
calibration::ResidualSummary residuals_of(const SketchedRows& rows, std::uint64_t count, const std::uint8_t* centre,
                                          const Sketch& sketch) {
  const std::size_t width = sketch.width();
  std::vector<float> residuals(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    float sum = 0;
    for (std::size_t j = 0; j < width; ++j) {
      const float off = sketch.grid.step[j] * static_cast<float>(int{rows.codes[i * width + j]} - int{centre[j]});
      sum += off * off;
    }
    residuals[i] = sum;
  }
  return calibration::summarize_residuals(residuals);
}

// Computes the centroids of leaves from the codes of their rows.
void leaf_centroids(const std::vector<Tree>& trees, const Level& leaves, const Sketch& sketch, std::size_t threads,
                    Centroids& centroids) {
  const std::size_t rows = trees[0].rows.rows();
  parallel_for(leaves.nodes(), kNodesAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    Centre centre(sketch);
    SketchStore::Buffers buffers;
    for (std::size_t leaf = begin; leaf < end; ++leaf) {
      const std::uint64_t first = leaves.firsts[leaf] % rows;
      const std::uint64_t count = leaves.firsts[leaf + 1] - leaves.firsts[leaf];
      const SketchedRows own = trees[leaves.firsts[leaf] / rows].rows.read(first, first + count, buffers);
      // Held-out rows, which measure how leaves are ranked, do not attract their own leaf, unless it has no others.
      const auto drawn = [&](std::uint64_t i) { return !calibration::is_held_out(own.numbers[i], rows); };
      bool any = false;
      for (std::uint64_t i = 0; i < count; ++i) any |= drawn(i);
      for (std::uint64_t i = 0; i < count; ++i)
        if (!any || drawn(i)) centre.add(own.codes + i * sketch.width(), 1, 0);
      std::uint8_t* const code = centroids.codes.data() + leaf * sketch.width();
      centre.finish(code, &centroids.offsets[leaf]);
      const calibration::ResidualSummary summary = residuals_of(own, count, code, sketch);
      const float numbers[] = {summary.median, summary.variance, summary.far_rows, summary.far_median};
      for (std::size_t i = 0; i < calibration::kResidualNumbers; ++i)
        centroids.residuals[i * leaves.nodes() + leaf] = numbers[i];
    }
  });
}

}  // namespace

Centroids centroids_of(const std::vector<Tree>& trees, const std::vector<Level>& levels, const Sketch& sketch,
                       std::size_t threads) {
  const std::size_t width = sketch.width();
  std::size_t nodes = 0;
  for (const Level& level : levels) nodes += level.nodes();
  Centroids centroids{std::vector<std::uint8_t>(nodes * width), std::vector<float>(nodes),
                      std::vector<float>(calibration::kResidualNumbers * levels[0].nodes())};
  leaf_centroids(trees, levels[0], sketch, threads, centroids);

  std::vector<std::uint64_t> places = levels[0].firsts;
  std::size_t below = 0;  // where the level below begins
  Centre centre(sketch);
  for (std::size_t level = 1; level < levels.size(); ++level) {
    const std::size_t begin = below + levels[level - 1].nodes();
    std::vector<std::uint64_t> own_places;
    for (const std::uint64_t child : levels[level].firsts) own_places.push_back(places[child]);
    for (std::size_t node = 0; node < levels[level].nodes(); ++node) {
      for (std::uint64_t child = levels[level].firsts[node]; child < levels[level].firsts[node + 1]; ++child) {
        const double spread =
            sketch.space() == transform::CodeSpace::inner_product ? -double{centroids.offsets[below + child]} : 0;
        centre.add(centroids.codes.data() + (below + child) * width, places[child + 1] - places[child], spread);
      }
      centre.finish(centroids.codes.data() + (begin + node) * width, &centroids.offsets[begin + node]);
    }
    places.swap(own_places);
    below = begin;
  }
  return centroids;
}

}  // namespace nearabout::forest

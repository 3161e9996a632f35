#include "index/forest/nodes.h"

#include <algorithm>
#include <cmath>

namespace nearabout {
namespace {

constexpr std::size_t kFanOut = 64;         // leaves of a group, groups of a group
constexpr std::size_t kFewNodes = 2'048;    // up to here all are ranked
constexpr std::size_t kRowsAtATime = 4096;  // whose codes, and their squares, 32 bits can add up

struct Span {
  std::uint64_t begin, end;
};

// The largest branches with at most `most` leaves, in order. A full binary tree of L leaves has 2 L - 1 nodes.
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
  for (std::size_t most = kFanOut; below.size() > kFewNodes && levels.size() < kMostLevels; most *= kFanOut) {
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

void Centroids::of(const Codes& codes, const std::uint32_t* rows, std::size_t count, std::uint8_t* code,
                   float* offset) {
  const std::size_t width = codes.width;
  const bool spread = sketch_.space == Space::inner;
  means_.assign(width, 0.0);
  squares_.assign(width, 0.0);
  for (std::size_t begin = 0; begin < count; begin += kRowsAtATime) {
    sums_.assign(width, 0);
    square_sums_.assign(width, 0);
    for (std::size_t i = begin; i < std::min(count, begin + kRowsAtATime); ++i) {
      const std::uint8_t* row = codes.row(rows[i]);
      for (std::size_t j = 0; j < width; ++j) sums_[j] += row[j];
      if (spread)
        for (std::size_t j = 0; j < width; ++j) square_sums_[j] += std::uint32_t{row[j]} * row[j];
    }
    for (std::size_t j = 0; j < width; ++j) means_[j] += sums_[j];
    for (std::size_t j = 0; j < width; ++j) squares_[j] += square_sums_[j];
  }
  double sum = 0;
  for (std::size_t j = 0; j < width; ++j) {
    const double mean = means_[j] / static_cast<double>(count);
    const double step = double{sketch_.grid.step[j]};
    code[j] = static_cast<std::uint8_t>(mean + 0.5);
    const double value = double{sketch_.grid.low[j]} + step * code[j];
    sum += spread ? (mean * mean - squares_[j] / static_cast<double>(count)) * step * step : value * value;
  }
  *offset = static_cast<float>(std::clamp(sum, -1e30, 1e30));
}

}  // namespace nearabout

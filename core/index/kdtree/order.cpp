#include "index/kdtree/order.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/threads.h"
#include "index/kdtree/select.h"

namespace nearabout::kdtree {
namespace {

constexpr std::size_t kSampled = 64;        // rows of a part whose coordinates say in which dimension it is widest
constexpr std::size_t kPartsPerThread = 8;  // as many parts are divided by one thread each to the end

// Leaves [begin, end).
struct Part {
  std::size_t begin, end;
  std::size_t leaves() const { return end - begin; }
};

// Returns a number that orders as the float does.
std::uint32_t ordered_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0f);  // without the sign of zero
  return (bits >> 31) != 0 ? ~bits : bits | 0x8000'0000u;
}

class Divider {
 public:
  Divider(const std::vector<float>& points, std::size_t dims, const TreeShape& shape)
      : points_(points), dims_(dims), shape_(shape), rows_(shape.rows()), keys_(shape.rows()), spare_(shape.rows()) {
    std::iota(rows_.begin(), rows_.end(), std::uint32_t{0});
  }

  // Divides a part until its leaves are left.
  void divide(Part part) {
    while (part.leaves() > 1) {
      const std::size_t middle = split(part);
      divide({part.begin, middle});
      part.begin = middle;
    }
    std::sort(rows_.begin() + at(part.begin), rows_.begin() + at(part.end));
  }

  // Moves the rows that are low in the widest dimension in front. Returns the first leaf of the others.
  std::size_t split(Part part) {
    const std::size_t first = row_of(part.begin), count = row_of(part.end) - first;
    const std::size_t middle = part.begin + lower_leaves(part.leaves());
    const std::size_t dim = widest(first, count);
    for (std::size_t i = first; i < first + count; ++i)
      keys_[i] = std::uint64_t{ordered_bits(points_[rows_[i] * dims_ + dim])} << 32 | rows_[i];
    select(keys_.data() + first, count, row_of(middle) - first, spare_.data() + first);
    for (std::size_t i = first; i < first + count; ++i) rows_[i] = static_cast<std::uint32_t>(keys_[i]);
    return middle;
  }

  std::vector<std::uint32_t> take_rows() { return std::move(rows_); }

 private:
  std::size_t row_of(std::size_t leaf) const { return std::min(leaf * shape_.leaf_size(), shape_.rows()); }
  std::ptrdiff_t at(std::size_t leaf) const { return static_cast<std::ptrdiff_t>(row_of(leaf)); }

  // Returns how many of so many leaves are on the lower side: half of the children that a node over them has.
  static std::size_t lower_leaves(std::size_t leaves) {
    std::size_t child = 1;
    while (child * kChildren < leaves) child *= kChildren;
    const std::size_t children = (leaves + child - 1) / child;
    return (children + 1) / 2 * child;
  }

  std::size_t widest(std::size_t first, std::size_t count) const {
    if (dims_ == 1) return 0;
    const std::size_t sampled = std::min(count, kSampled);
    std::size_t best = 0;
    float most = -1;
    for (std::size_t j = 0; j < dims_; ++j) {
      float low = points_[rows_[first] * dims_ + j], high = low;
      for (std::size_t i = 0; i < sampled; ++i) {
        const float value = points_[rows_[first + i * count / sampled] * dims_ + j];
        low = std::min(low, value);
        high = std::max(high, value);
      }
      if (high - low <= most) continue;
      most = high - low;
      best = j;
    }
    return best;
  }

  const std::vector<float>& points_;
  std::size_t dims_;
  const TreeShape& shape_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint64_t> keys_, spare_;  // a coordinate and the row
};

}  // namespace

std::vector<std::uint32_t> order_rows(const std::vector<float>& points, std::size_t dims, const TreeShape& shape,
                                      std::size_t threads, const Monitor& monitor) {
  Divider divider(points, dims, shape);
  std::vector<Part> parts{{0, shape.leaves()}};
  while (threads > 1 && parts.size() < kPartsPerThread * threads) {
    std::vector<std::size_t> middles(parts.size());
    parallel_for(parts.size(), 1, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t i = begin; i < end; ++i)
        middles[i] = parts[i].leaves() > 1 ? divider.split(parts[i]) : parts[i].end;
    });
    std::vector<Part> halves;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      halves.push_back({parts[i].begin, middles[i]});
      if (middles[i] < parts[i].end) halves.push_back({middles[i], parts[i].end});
    }
    if (halves.size() == parts.size()) break;
    parts = std::move(halves);
  }
  parallel_for(
      parts.size(), 1, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) divider.divide(parts[i]);
      },
      monitor);
  return divider.take_rows();
}

}  // namespace nearabout::kdtree

#include "index/neighbors/descent.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::neighbors {
namespace {

constexpr std::size_t kRowsPerTask = 64;
constexpr std::size_t kRoomForHits = kernels::kBlockRows;

// One thread's work space.
class Descent {
 public:
  Descent(const BytePoints& points, const NearLists& lists, std::size_t followed, NearLists& found)
      : points_(points), lists_(lists), followed_(followed), found_(found), seen_by_(lists.rows(), 0) {}

  // Offers a row the neighbours of its neighbours, besides those of its own list.
  void run(std::size_t row) {
    if (row + 1 < lists_.rows())
      for (const Scored near : followed_of(row + 1)) lists_.fetch(near.row(), followed_);
    gather(row);
    compare(row);
    offered_.assign(lists_.of(row).begin(), lists_.of(row).end());
    const std::size_t count = kernels::table().screen.hits(
        dots_.data(), others_.size(), {squares_.data(), nullptr, points_.scale(), 0, lists_.limit(row)}, hits_.data(),
        scores_.data());
    for (std::size_t h = 0; h < count; ++h) offered_.emplace_back(scores_[h], others_[hits_[h]]);
    found_.offer(row, offered_);
  }

 private:
  std::span<const Scored> followed_of(std::size_t row) const {
    const std::span<const Scored> list = lists_.of(row);
    return list.first(std::min(followed_, list.size()));
  }

  void gather(std::size_t row) {
    others_.clear();
    const auto mark = static_cast<std::uint32_t>(row + 1);
    seen_by_[row] = mark;
    for (const Scored near : lists_.of(row)) seen_by_[near.row()] = mark;
    for (const Scored near : followed_of(row))
      for (const Scored second : followed_of(near.row())) {
        if (seen_by_[second.row()] == mark) continue;
        seen_by_[second.row()] = mark;
        points_.fetch(second.row());
        others_.push_back(second.row());
      }
  }

  void compare(std::size_t row) {
    constexpr std::uint8_t kFlip = 0x80;  // adds 128, twice as much as panels of narrow bytes have
    dots_.resize(others_.size());
    squares_.resize(others_.size());
    hits_.resize(others_.size() + kRoomForHits);
    scores_.resize(others_.size() + kRoomForHits);
    kernels::table().screen.rows(points_.bytes(row), {points_.bytes(0), points_.dims(), others_.data(), others_.size()},
                                 points_.dims(), kFlip, dots_.data());
    for (std::size_t i = 0; i < others_.size(); ++i) {
      dots_[i] -= 2 * points_.shift(row);
      squares_[i] = points_.square(others_[i]);
    }
  }

  const BytePoints& points_;
  const NearLists& lists_;
  std::size_t followed_;
  NearLists& found_;
  std::vector<std::uint32_t> seen_by_;  // for each row, the last one that met it, plus one
  std::vector<std::uint32_t> others_, hits_;
  std::vector<std::int32_t> dots_;
  std::vector<float> squares_, scores_;
  std::vector<Scored> offered_;
};

}  // namespace

NearLists descended(const BytePoints& points, const NearLists& lists, std::size_t followed, std::size_t threads,
                    const Monitor& monitor) {
  NearLists found(lists.rows(), lists.kept());
  std::vector<std::optional<Descent>> workers(threads);
  parallel_for(
      lists.rows(), kRowsPerTask, threads,
      [&](std::size_t begin, std::size_t end, std::size_t worker) {
        if (!workers[worker]) workers[worker].emplace(points, lists, followed, found);
        for (std::size_t row = begin; row < end; ++row) workers[worker]->run(row);
      },
      monitor);
  return found;
}

}  // namespace nearabout::neighbors

#include "index/exact/candidates.h"

#include <algorithm>
#include <limits>

namespace nearabout {
namespace {

constexpr std::size_t kTooMany = 1024;  // waiting rows: 8 KiB
constexpr std::size_t kBatch = 16;      // rows compared by one call
constexpr std::size_t kGroup = 16;      // rows whose least mark stands for them at the start

}  // namespace

Candidates::Candidates(const BoundQuery& query, const ScreenQuery& screen, const storage::Section& vectors, TopK& best)
    : query_(query), screen_(screen), vectors_(vectors), best_(best), limit_(screen.limit(best.worst())) {}

void Candidates::start(std::uint32_t first, const float* marks, const float* errors, std::size_t count,
                       std::size_t wanted) {
  // The wanted-th smallest of the minima of small groups is no less than that of all marks, and found in a fraction of
  // the time.
  std::vector<float> least;
  least.reserve(count / kGroup + 1);
  for (std::size_t begin = 0; begin < count; begin += kGroup)
    least.push_back(*std::min_element(marks + begin, marks + std::min(begin + kGroup, count)));
  float promising = std::numeric_limits<float>::infinity();
  if (wanted <= least.size()) {
    const auto place = least.begin() + static_cast<std::ptrdiff_t>(wanted - 1);
    std::nth_element(least.begin(), place, least.end());
    promising = *place;
  }
  const auto keep = [&](std::size_t i) {
    const float mark = marks[i] - limit_.slack * errors[i];
    if (mark <= limit_.threshold) waiting_.push_back({mark, first + static_cast<std::uint32_t>(i)});
  };
  for (std::size_t i = 0; i < count; ++i)
    if (marks[i] <= promising) keep(i);
  tighten(wanted);
  for (std::size_t i = 0; i < count; ++i)
    if (marks[i] > promising) keep(i);
}

void Candidates::add(std::uint32_t first, const std::uint32_t* hits, const float* marks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) waiting_.push_back({marks[i], first + hits[i]});
}

void Candidates::tighten(std::size_t wanted) {
  const std::size_t count = std::min(wanted, waiting_.size());
  if (count == 0) return;
  const auto rest = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  if (rest != waiting_.end()) std::nth_element(waiting_.begin(), rest, waiting_.end());
  compare(waiting_.data(), count);
  waiting_.erase(
      std::remove_if(rest, waiting_.end(), [this](const Waiting& row) { return row.mark > limit_.threshold; }),
      waiting_.end());
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Candidates::keep_short(std::size_t wanted) {
  while (waiting_.size() > kTooMany) tighten(std::max(wanted, kBatch));
}

void Candidates::settle(std::size_t wanted) {
  tighten(wanted);
  tighten(wanted);  // sorting all by mark, to stop at the first beyond the threshold, took longer than it saved
  compare(waiting_.data(), waiting_.size());
  waiting_.clear();
}

// In batches, so that the threshold may fall in between and rule out the rest.
void Candidates::compare(const Waiting* waiting, std::size_t count) {
  const MatrixView rows = vectors_.matrix();
  std::uint32_t batch[kBatch];
  double ranks[kBatch];
  for (std::size_t next = 0; next < count;) {
    std::size_t some = 0;
    for (; some < kBatch && next < count; ++next) {
      if (waiting[next].mark > limit_.threshold) continue;
      vectors_.check_rows(waiting[next].row, waiting[next].row + 1);
      batch[some++] = waiting[next].row;
    }
    if (some == 0) continue;
    query_.ranks({rows.data, rows.stride, batch, some}, ranks);
    for (std::size_t i = 0; i < some; ++i) best_.push(ranks[i], batch[i]);
    limit_ = screen_.limit(best_.worst());
  }
}

}  // namespace nearabout

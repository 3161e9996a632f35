#include "index/exact/candidates.h"

#include <algorithm>

namespace nearabout {
namespace {

constexpr std::size_t kTooMany = 1024;  // waiting rows: 8 KiB
constexpr std::size_t kBatch = 16;      // rows compared by one call

}  // namespace

Candidates::Candidates(const BoundQuery& query, const ScreenQuery& screen, const storage::Section& vectors, TopK& best)
    : query_(query), screen_(screen), vectors_(vectors), best_(best), threshold_(screen.threshold(best.worst())) {}

void Candidates::add(std::uint32_t first, const std::uint32_t* hits, const float* marks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) waiting_.push_back({marks[i], first + hits[i]});
}

void Candidates::tighten(std::size_t wanted) {
  if (waiting_.empty()) return;
  const std::size_t count = std::min(wanted, waiting_.size());
  if (count < waiting_.size())
    std::nth_element(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count), waiting_.end());
  compare(0, count);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  drop_beyond_threshold();
}

void Candidates::keep_short(std::size_t wanted) {
  while (waiting_.size() > kTooMany) tighten(std::max(wanted, kBatch));
}

void Candidates::settle() {
  std::sort(waiting_.begin(), waiting_.end());
  std::size_t next = 0;
  while (next < waiting_.size() && waiting_[next].mark <= threshold_) {
    const std::size_t count = std::min(kBatch, waiting_.size() - next);
    compare(next, count);
    next += count;
  }
  waiting_.clear();
}

void Candidates::compare(std::size_t first, std::size_t count) {
  const MatrixView rows = vectors_.matrix();
  std::uint32_t batch[kBatch];
  double ranks[kBatch];
  for (std::size_t begin = first; begin < first + count; begin += kBatch) {
    const std::size_t some = std::min(kBatch, first + count - begin);
    for (std::size_t i = 0; i < some; ++i) {
      batch[i] = waiting_[begin + i].row;
      vectors_.check_rows(batch[i], batch[i] + 1);
    }
    query_.ranks({rows.data, rows.stride, batch, some}, ranks);
    for (std::size_t i = 0; i < some; ++i) best_.push(ranks[i], batch[i]);
  }
  threshold_ = screen_.threshold(best_.worst());
}

void Candidates::drop_beyond_threshold() {
  std::erase_if(waiting_, [this](const Waiting& candidate) { return candidate.mark > threshold_; });
}

}  // namespace nearabout

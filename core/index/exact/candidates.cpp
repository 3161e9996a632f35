#include "index/exact/candidates.h"

#include <algorithm>

#include "index/rerank.h"

namespace nearabout::exact {
namespace {

constexpr std::size_t kTooMany = 1024;           // waiting rows: 8 KiB
constexpr std::size_t kCandidatesTogether = 16;  // rows compared by one call

}  // namespace

Candidates::Candidates(const metric::BoundQuery& query, const quantize::ScreenQuery& screen,
                       const storage::Section& vectors, TopK& best)
    : query_(query), screen_(screen), vectors_(vectors), best_(best), limit_(screen.limit(best.worst())) {}

void Candidates::compare(const std::uint32_t* rows, std::size_t count) {
  for (std::size_t next = 0; next < count; next += kCandidatesTogether)
    compare_batch(rows + next, std::min(kCandidatesTogether, count - next));
}

void Candidates::add(const std::uint32_t* rows, const float* scores, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) waiting_.push_back({scores[i], rows[i]});
}

void Candidates::leave_out(const std::vector<std::uint32_t>& rows) {
  if (rows.empty()) return;
  std::erase_if(waiting_,
                [&](const Waiting& candidate) { return std::binary_search(rows.begin(), rows.end(), candidate.row); });
}

void Candidates::tighten(std::size_t wanted) {
  const std::size_t count = std::min(wanted, waiting_.size());
  if (count == 0) return;
  const auto unsorted = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  if (unsorted != waiting_.end()) std::nth_element(waiting_.begin(), unsorted, waiting_.end());
  compare(waiting_.data(), count);
  waiting_.erase(
      std::remove_if(unsorted, waiting_.end(), [this](const Waiting& row) { return row.score > limit_.threshold; }),
      waiting_.end());
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

// Scores computed for a much looser limit say little about the rows: ruling out a few at a time took up to a hundred
// times as long as comparing them.
void Candidates::keep_short(std::size_t wanted) {
  if (waiting_.size() <= kTooMany) return;
  tighten(std::max(wanted, kCandidatesTogether));
  if (waiting_.size() > kTooMany / 2) settle(wanted);
}

void Candidates::settle(std::size_t wanted) {
  tighten(wanted);
  compare(waiting_.data(), waiting_.size());
  waiting_.clear();
}

// Compares in batches, so that the threshold may fall in between and rule out the remaining rows.
void Candidates::compare(const Waiting* waiting, std::size_t count) {
  std::uint32_t batch[kCandidatesTogether];
  for (std::size_t next = 0; next < count;) {
    std::size_t batch_size = 0;
    for (; batch_size < kCandidatesTogether && next < count; ++next)
      if (waiting[next].score <= limit_.threshold) batch[batch_size++] = waiting[next].row;
    compare_batch(batch, batch_size);
  }
}

void Candidates::compare_batch(const std::uint32_t* rows, std::size_t count) {
  double rdists[kCandidatesTogether];
  const MatrixView table = vectors_.matrix();
  index::rerank(vectors_, {table.data, table.stride, rows, count}, rdists, best_,
                [&](const kernels::Rows& batch, double* out) { query_.rdists(batch, out); });
  limit_ = screen_.limit(best_.worst());
}

}  // namespace nearabout::exact

#include "index/exact/candidates.h"

#include <algorithm>
#include <limits>

namespace nearabout::exact {
namespace {

constexpr std::size_t kTooMany = 1024;           // waiting rows: 8 KiB
constexpr std::size_t kCandidatesTogether = 16;  // rows compared by one call
constexpr std::size_t kWorthBytes = 4;  // fewer rows are compared in full at once: their bytes would be read besides

}  // namespace

Candidates::Candidates(const metric::BoundQuery& query, const quantize::ScreenQuery& screen,
                       const storage::Section& vectors, QueryBytes bytes, TopK& best)
    : query_(query),
      screen_(screen),
      vectors_(vectors),
      bytes_(bytes),
      best_(best),
      limit_(screen.limit(best.worst())) {}

bool Candidates::has_byte_limit(std::size_t rows) const {
  return bytes_.query && rows >= kWorthBytes && best_.worst() < std::numeric_limits<double>::infinity();
}

void Candidates::compare_by_bytes(const std::uint32_t* rows, std::size_t count, bool fetched) {
  bytes_.rows->choose(*bytes_.query, rows, count, best_.worst(), fetched);
  bytes_.rows->compare(*bytes_.query, 0, best_,
                       [this](const std::uint32_t* some, std::size_t size) { compare_batch(some, size); });
}

void Candidates::compare_by_bytes(const Candidate* rows, std::size_t count, bool fetched) {
  within_.clear();
  for (std::size_t i = 0; i < count; ++i)
    if (rows[i].score <= limit_.threshold) within_.push_back(rows[i].row);
  compare_by_bytes(within_.data(), within_.size(), fetched);
}

void Candidates::compare(const std::uint32_t* rows, std::size_t count) {
  if (has_byte_limit(count)) return compare_by_bytes(rows, count, false);
  for (std::size_t next = 0; next < count; next += kCandidatesTogether)
    compare_batch(rows + next, std::min(kCandidatesTogether, count - next));
}

void Candidates::add(const std::uint32_t* rows, const float* scores, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) waiting_.push_back({scores[i], rows[i]});
}

void Candidates::leave_out(const std::vector<std::uint32_t>& rows) {
  if (rows.empty()) return;
  std::erase_if(waiting_, [&](const Candidate& candidate) {
    return std::binary_search(rows.begin(), rows.end(), candidate.row);
  });
}

void Candidates::tighten(std::size_t wanted) {
  const std::size_t count = std::min(wanted, waiting_.size());
  if (count == 0) return;
  const auto unsorted = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  if (unsorted != waiting_.end()) std::nth_element(waiting_.begin(), unsorted, waiting_.end());
  compare(waiting_.data(), count);
  waiting_.erase(
      std::remove_if(unsorted, waiting_.end(), [this](const Candidate& row) { return row.score > limit_.threshold; }),
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

// Goes in batches, so that the threshold may fall in between and rule out the remaining rows.
template <class Batch>
void Candidates::each_batch(const Candidate* rows, std::size_t count, Batch batch) {
  std::uint32_t numbers[kCandidatesTogether];
  for (std::size_t next = 0; next < count;) {
    std::size_t size = 0;
    for (; size < kCandidatesTogether && next < count; ++next)
      if (rows[next].score <= limit_.threshold) numbers[size++] = rows[next].row;
    if (size > 0) batch(numbers, size);
  }
}

void Candidates::compare(const Candidate* rows, std::size_t count) {
  if (has_byte_limit(count)) return compare_by_bytes(rows, count, false);
  each_batch(rows, count, [this](const std::uint32_t* batch, std::size_t size) { compare_batch(batch, size); });
}

void Candidates::compare_verified(const Candidate* rows, std::size_t count, const std::uint32_t* squares) {
  if (bytes_.query) return has_byte_limit(count) ? compare_by_bytes(rows, count, true) : compare(rows, count);
  const MatrixView table = vectors_.matrix();
  each_batch(rows, count, [&](const std::uint32_t* batch, std::size_t size) {
    double rdists[kCandidatesTogether];
    std::uint32_t own[kCandidatesTogether];
    const kernels::Rows listed{table.data, table.stride, batch, size, true};
    if (squares && query_.takes_squares()) {
      for (std::size_t i = 0; i < size; ++i) own[i] = squares[batch[i]];
      query_.rdists(listed, own, rdists);
    } else {
      query_.rdists(listed, rdists);
    }
    offer(batch, rdists, size);
  });
}

void Candidates::compare_batch(const std::uint32_t* rows, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) vectors_.check_rows(rows[i], std::uint64_t{rows[i]} + 1);
  double rdists[kCandidatesTogether];
  const MatrixView table = vectors_.matrix();
  query_.rdists({table.data, table.stride, rows, count}, rdists);
  offer(rows, rdists, count);
}

void Candidates::offer(const std::uint32_t* rows, const double* rdists, std::size_t count) {
  const double worst = best_.worst();
  for (std::size_t i = 0; i < count; ++i)
    if (rdists[i] <= worst) best_.push(rdists[i], rows[i]);
  if (best_.worst() < worst) limit_ = screen_.limit(best_.worst());
}

}  // namespace nearabout::exact

#include "index/forest/pending_rows.h"

#include <algorithm>

#include "index/rerank.h"
#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kBatch = 8;           // rows compared by one call
constexpr std::size_t kLeftOutRows = 4096;  // scores of rows that a filter left out, kept at most
constexpr std::size_t kWaitingRoom = 32;    // rows that may wait before they are next examined
constexpr std::size_t kFetched = 512;       // bytes of a row that are prefetched: the hardware follows from there

}  // namespace

PendingRows::PendingRows(const ForestLayout& layout)
    : layout_(layout),
      by_estimate_(layout.scores_are_estimates()),
      codes_(layout.tree_codes->matrix()),
      rows_(layout.vectors->matrix()) {}

void PendingRows::start(const metric::BoundQuery& query, const quantize::SketchQuery& sketch, std::size_t effort,
                        std::size_t k, TopK& best) {
  query_ = &query;
  sketch_ = &sketch;
  best_ = &best;
  chunk_rows_ = k + kBatch;
  depth_ = depth_for(effort, k);
  set_room(k);
  dropped_ = kInfinity;
  waiting_.clear();
  compared_.clear();
  left_out_.clear();
  more_left_out_ = 0;
}

void PendingRows::widen(std::size_t effort, std::size_t k) {
  waiting_.clear();
  depth_ = std::max(depth_, depth_for(effort, k));
  set_room(k);
}

std::size_t PendingRows::depth_for(std::size_t effort, std::size_t k) const {
  return (4 * k + 96 + effort / 8) * std::min<std::size_t>(layout_.trees, 3);
}

void PendingRows::set_room(std::size_t k) {
  next_look_ = by_estimate_ ? 2 * k + kBatch : 2 * depth_;
  threshold_ = by_estimate_ ? score_limit() : kInfinity;
}

float PendingRows::score_limit() const {
  const double worst = best_->worst();
  if (worst == std::numeric_limits<double>::infinity()) return kInfinity;
  return static_cast<float>(sketch_->score_within(worst));
}

void PendingRows::add(const LeafSpan& leaf) {
  const std::size_t count = leaf.end - leaf.begin;
  if (dots_.size() < count) {
    dots_.resize(count);
    hits_.resize(count + 16);
    scores_.resize(count + 16);
  }
  layout_.tree_codes->check_rows(leaf.begin, leaf.end);
  const kernels::ScreenKernels& kernels = kernels::table().screen;
  kernels.rows(sketch_->bytes(), {codes_.row(leaf.begin), codes_.stride, nullptr, count}, codes_.dims, 0, dots_.data());
  const storage::Section* offsets = layout_.tree_offsets;
  const float* added = offsets ? offsets->items<float>(leaf.begin, count).data() : nullptr;
  const std::size_t found = kernels.hits(dots_.data(), count, {added, nullptr, sketch_->scale(), 0, threshold_},
                                         hits_.data(), scores_.data());
  if (found > 0) {
    const std::uint32_t* rows = layout_.tree_rows->items<std::uint32_t>(leaf.begin, count).data();
    for (std::size_t i = 0; i < found; ++i) {
      if (!filter_ || filter_->allows(leaf.begin + hits_[i]))
        waiting_.emplace_back(scores_[i], rows[hits_[i]]);
      else
        left_out_.push_back(scores_[i]);
    }
    if (left_out_.size() > kLeftOutRows) {
      more_left_out_ = near_left_out();
      left_out_.clear();
    }
  }
  if (waiting_.size() >= next_look_) by_estimate_ ? tighten() : shorten();
}

std::size_t PendingRows::near_left_out() {
  const float limit = score_limit();
  std::erase_if(left_out_, [=](float score) { return score > limit; });
  return left_out_.size() + more_left_out_;
}

void PendingRows::prefetch(const LeafSpan& leaf) const {
  layout_.tree_codes->fetch(leaf.begin * codes_.stride, leaf.end * codes_.stride);
}

// Compares the most promising of the waiting rows, and drops the rows that this rules out.
void PendingRows::tighten() {
  const std::size_t count = std::min(chunk_rows_, waiting_.size());
  std::nth_element(waiting_.begin(), place(count - 1), waiting_.end());
  compare(0, count);
  waiting_.erase(waiting_.begin(), place(count));
  threshold_ = std::min(threshold_, score_limit());
  const Scored last(threshold_, 0xFFFF'FFFFu);
  std::erase_if(waiting_, [&](const Scored& waiting) { return waiting > last; });
  if (waiting_.size() > depth_) shorten();
  next_look_ = 2 * waiting_.size() + kWaitingRoom;
  chunk_rows_ = 2 * kBatch;
}

// Keeps the most promising rows, as many as are compared at most.
void PendingRows::shorten() {
  if (waiting_.size() <= depth_) return;
  std::nth_element(waiting_.begin(), place(depth_ - 1), waiting_.end());
  waiting_.resize(depth_);
  threshold_ = waiting_.back().score();
  dropped_ = std::min(dropped_, threshold_);
}

void PendingRows::settle() {
  shorten();
  std::sort(waiting_.begin(), waiting_.end());
  for (std::size_t next = 0; next < waiting_.size(); next += kBatch) {
    if (by_estimate_ && waiting_[next].score() > score_limit()) return;
    compare(next, std::min(next + kBatch, waiting_.size()));
  }
}

// Compares the waiting rows at [begin, end) in full; skips a row that was already compared, from another tree.
void PendingRows::compare(std::size_t begin, std::size_t end) {
  std::uint32_t rows[kBatch];
  double rdists[kBatch];
  while (begin < end) {
    std::size_t count = 0;
    for (; begin < end && count < kBatch; ++begin) {
      const std::uint32_t row = waiting_[begin].row();
      if (!compared_.insert(row)) continue;
      const std::uint64_t at = std::uint64_t{row} * rows_.stride;
      layout_.vectors->fetch(at, at + std::min(rows_.stride, kFetched));
      rows[count++] = row;
    }
    index::rerank(*layout_.vectors, {rows_.data, rows_.stride, rows, count}, rdists, *best_,
                  [this](const kernels::Rows& batch, double* to) { query_->rdists(batch, to); });
  }
}

}  // namespace nearabout::forest

#include "index/exact/screened_scan.h"

#include <algorithm>

namespace nearabout::exact {
namespace {

constexpr std::size_t kScannedRows = 2048;

}  // namespace

ScreenedScan::ScreenedScan(const Screened& rows, const ScannedRows& scanned, const BoundQueries& queries,
                           std::vector<TopK>& best, std::size_t k)
    : flip_(rows.screen->flip),
      k_(k),
      reader_(*rows.screen, scanned, rows.vectors->shape().rows),
      first_limit_(k, kScannedRows),
      dots_(std::make_unique_for_overwrite<std::int32_t[]>(kScannedRows)),
      hits_(std::make_unique_for_overwrite<std::uint32_t[]>(kScannedRows + 16)),
      scores_(std::make_unique_for_overwrite<float[]>(kScannedRows + 16)) {
  candidates_ = candidates_of(rows, queries, bytes_, best);
}

void ScreenedScan::run(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  const ScreenedBlock first = reader_.read(begin, std::min(kScannedRows, end - begin));
  for (Candidates& candidates : candidates_) {
    products(candidates, first);
    first_limit_.find(candidates, first, dots_.get());
  }
  // Waiting rows are examined each time the number of rows seen has grown fourfold: the threshold falls with its
  // logarithm.
  std::size_t look = begin + 2 * kScannedRows;
  std::size_t rows = 0;
  for (std::size_t at = begin + first.rows; at < end; at += rows) {
    rows = std::min(kScannedRows, end - at);
    const ScreenedBlock block = reader_.read(at, rows);
    const bool looking = at + rows >= look;
    for (Candidates& candidates : candidates_) {
      scan(candidates, block);
      looking ? candidates.tighten(k_) : candidates.keep_short(k_);
    }
    if (looking) look = begin + 4 * (look - begin);
  }
  for (Candidates& candidates : candidates_) candidates.settle(k_);
}

// Adds the rows within the limit to those that wait, or compares them at once: if the screen lets most rows through, as
// for a query far from all rows, postponing them gains nothing.
void ScreenedScan::scan(Candidates& candidates, const ScreenedBlock& block) {
  products(candidates, block);
  const quantize::Limit& limit = candidates.limit();
  const kernels::Screen screen{block.offsets, block.errors, candidates.screen().scale(), limit.slack, limit.threshold};
  const std::size_t found = kernels::table().screen.hits(dots_.get(), block.rows, screen, hits_.get(), scores_.get());
  for (std::size_t i = 0; i < found; ++i) hits_[i] = block.row(hits_[i]);
  if (2 * found > block.rows)
    candidates.compare(hits_.get(), found);
  else
    candidates.add(hits_.get(), scores_.get(), found);
}

void ScreenedScan::products(const Candidates& candidates, const ScreenedBlock& block) {
  kernels::table().screen.rows(candidates.screen().bytes().data(), block.code_rows(), block.codes.dims, flip_,
                               dots_.get());
}

}  // namespace nearabout::exact

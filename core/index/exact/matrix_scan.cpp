#include "index/exact/matrix_scan.h"

#include <algorithm>
#include <limits>

namespace nearabout::exact {
namespace {

using kernels::kPanelRows;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kFirstRows = 2048;
constexpr std::size_t kComparedBytes =
    1'048'576;  // of rows that stay in the second-level cache while they are compared
constexpr std::size_t kMinChunk = 128, kMaxChunk = 1024;
constexpr std::size_t kPieceBytes = 24'576;  // of codes that stay in the first-level cache while they are multiplied
constexpr std::size_t kFetchedBytes = 1024;
constexpr std::size_t kHitsAhead = 4;  // hits whose rows are fetched before they are compared

std::size_t chunk_of(std::size_t row_bytes) {
  return std::clamp(kComparedBytes / row_bytes / kPanelRows * kPanelRows, kMinChunk, kMaxChunk);
}

}  // namespace

MatrixScan::MatrixScan(const Screened& rows, const ScannedRows& scanned, const BoundQueries& queries,
                       std::vector<TopK>& best, std::size_t k)
    : k_(k),
      dims_(rows.screen->screen.contraction.outputs()),
      padded_(kernels::matrix_dims(dims_)),
      chunk_(chunk_of(rows.bytes ? rows.bytes->bounds.dims() : rows.vectors->matrix().stride)),
      piece_(std::max(kPieceBytes / padded_ / kPanelRows, std::size_t{1}) * kPanelRows),
      vectors_(*rows.vectors),
      kernels_(kernels::table().matrix),
      takes_squares_(std::any_of(queries.queries, queries.queries + best.size(),
                                 [](const metric::BoundQuery& query) { return query.takes_squares(); })),
      reader_(*rows.screen, scanned, vectors_.shape().rows),
      first_limit_(k, kFirstRows),
      own_(best.size()) {
  candidates_ = candidates_of(rows, queries, bytes_, best);
  const std::size_t all = kernels::matrix_queries(best.size());
  codes_ = aligned_array<std::int8_t>(all * padded_);
  std::fill_n(codes_.get(), all * padded_, std::int8_t{0});
  for (std::size_t q = 0; q < best.size(); ++q)
    std::ranges::copy(queries.screens[q].bytes(), codes_.get() + q * padded_);
  screens_.assign(all, {0, 0, kNan});
  // Bytes beyond the dimensions of the codes are multiplied by zeros; they are set for the tools that would complain.
  panels_ = aligned_array<std::uint8_t>(std::max(kFirstRows, chunk_) * padded_);
  std::fill_n(panels_.get(), std::max(kFirstRows, chunk_) * padded_, std::uint8_t{0});
  hits_ = std::make_unique_for_overwrite<kernels::MatrixHit[]>(all * chunk_);
}

void MatrixScan::run(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  const std::size_t first = std::min(kFirstRows, end - begin);
  find_limits(reader_.read(begin, first));
  for (std::size_t at = begin + first; at < end; at += chunk_) scan(reader_.read(at, std::min(chunk_, end - at)));
}

void MatrixScan::find_limits(const ScreenedBlock& block) {
  const kernels::MatrixRows rows = pack(block);
  dots_.resize(kernels::kMatrixQueries * rows.count);
  for (std::size_t first = 0; first < candidates_.size(); first += kernels::kMatrixQueries) {
    const std::size_t count = std::min(kernels::kMatrixQueries, candidates_.size() - first);
    kernels::table().screen.panel_dots(rows.panels, rows.count / kPanelRows, codes_.get() + first * padded_, padded_,
                                       count, padded_, dots_.data(), rows.count);
    for (std::size_t q = first; q < std::min(first + kernels::kMatrixQueries, candidates_.size()); ++q) {
      first_limit_.find(candidates_[q], block, dots_.data() + (q - first) * rows.count);
      candidates_[q].settle(k_);
      set_screen(q);
    }
  }
}

void MatrixScan::scan(const ScreenedBlock& block) {
  const kernels::MatrixRows rows = pack(block);
  std::size_t found = 0;
  for (std::size_t begin = 0; begin < rows.count; begin += piece_) {
    const kernels::MatrixRows piece{rows.panels + begin * padded_, std::min(piece_, rows.count - begin), dims_,
                                    rows.offsets + begin, rows.errors + begin};
    const std::size_t more = kernels_.hits(piece, queries(0, padded_queries()), hits_.get() + found);
    for (std::size_t i = found; i < found + more; ++i) hits_[i].row += static_cast<std::uint32_t>(begin);
    found += more;
  }
  if (found == 0) return;
  sort_hits(block, found);
  compare_hits(block);
}

kernels::MatrixQueries MatrixScan::queries(std::size_t first, std::size_t count) const {
  return {codes_.get() + first * padded_, padded_, count, screens_.data() + first};
}

kernels::MatrixRows MatrixScan::pack(const ScreenedBlock& block) {
  const std::size_t padded = (block.rows + kPanelRows - 1) / kPanelRows * kPanelRows;
  for (std::size_t row = 0; row < block.rows; row += kPanelRows)
    reader_.pack(block, row, std::min(kPanelRows, block.rows - row), panels_.get() + row * padded_);
  offsets_.assign(block.offsets, block.offsets + block.rows);
  errors_.assign(block.errors, block.errors + block.rows);
  offsets_.resize(padded, kNan);
  errors_.resize(padded, 0.0f);
  return {panels_.get(), padded, dims_, offsets_.data(), errors_.data()};
}

void MatrixScan::sort_hits(const ScreenedBlock& block, std::size_t count) {
  for (Own& own : own_) own = {};
  for (std::size_t i = 0; i < count; ++i) ++own_[hits_[i].query].end;
  std::uint32_t begin = 0;
  for (Own& own : own_) {
    const std::uint32_t found = own.end;
    own.begin = own.end = begin;
    begin += found;
  }
  sorted_.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    sorted_[own_[hits_[i].query].end++] = {hits_[i].bound, block.row(hits_[i].row)};
}

const std::uint32_t* MatrixScan::squares_of(const ScreenedBlock& block) {
  if (!takes_squares_ || block.list) return nullptr;
  constexpr std::uint32_t kUnset = ~std::uint32_t{0};
  squares_.assign(block.rows, kUnset);
  const MatrixView table = vectors_.matrix();
  const kernels::IntegerKernel dot =
      table.element == Element::u8 ? kernels::table().integer_u8.dot : kernels::table().integer_i8.dot;
  for (const Candidate& candidate : sorted_) {
    std::uint32_t& square = squares_[candidate.row - block.first];
    if (square != kUnset) continue;
    double sum = 0;
    dot(table.row(candidate.row), {table.row(candidate.row), table.stride, nullptr, 1}, table.dims, &sum);
    square = static_cast<std::uint32_t>(sum);
  }
  return squares_.data() - block.first;
}

void MatrixScan::compare_hits(const ScreenedBlock& block) {
  if (bytes_) {
    // Few rows will be read, and each is verified then.
  } else if (block.list) {
    for (const Candidate& candidate : sorted_) vectors_.check_rows(candidate.row, std::uint64_t{candidate.row} + 1);
  } else {
    vectors_.check_rows(block.first, block.first + block.rows);
  }
  const std::uint32_t* const squares = squares_of(block);
  std::size_t fetched = 0;  // hits
  std::size_t next = 0;     // query whose hits are fetched next
  for (std::size_t q = 0; q < candidates_.size(); ++q) {
    const Own& own = own_[q];
    if (own.begin == own.end) continue;
    for (; next < candidates_.size() && fetched < own.end + kHitsAhead; ++next) {
      fetch_hits(next);
      fetched = own_[next].end;
    }
    candidates_[q].compare_verified(sorted_.data() + own.begin, own.end - own.begin, squares);
    set_screen(q);
  }
}

// Prefetches what will be compared first of the hits of a query.
void MatrixScan::fetch_hits(std::size_t query) {
  const Own& own = own_[query];
  const bool by_bytes = candidates_[query].has_byte_limit(own.end - own.begin);
  const std::size_t row_bytes = vectors_.matrix().stride;
  for (std::size_t i = own.begin; i < own.end; ++i) {
    const std::uint64_t at = sorted_[i].row * std::uint64_t{row_bytes};
    if (by_bytes)
      bytes_->fetch(sorted_[i].row);
    else
      vectors_.fetch(at, at + std::min(row_bytes, kFetchedBytes));
  }
}

void MatrixScan::set_screen(std::size_t query) {
  const quantize::Limit& limit = candidates_[query].limit();
  screens_[query] = {candidates_[query].screen().scale(), limit.slack, limit.threshold};
}

}  // namespace nearabout::exact

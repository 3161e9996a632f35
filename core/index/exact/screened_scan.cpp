#include "index/exact/screened_scan.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "index/exact/ascending_check.h"

namespace nearabout::exact {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kScannedRows = 2048;
constexpr std::size_t kGroups = 128;  // groups of a block's rows, used to find the most promising ones

// Returns a score that about `wanted` rows of a block stay within, without sorting them: the wanted-th smallest of the
// minima of kGroups groups, which at least that many rows stay within.
float promising_score(const std::int32_t* dots, const float* offsets, std::size_t rows, float scale,
                      std::size_t wanted) {
  if (wanted > kGroups) return std::numeric_limits<float>::infinity();
  float least[kGroups];
  std::fill_n(least, kGroups, std::numeric_limits<float>::infinity());
  for (std::size_t begin = 0; begin < rows; begin += kGroups) {
    const std::size_t groups = std::min(kGroups, rows - begin);
    for (std::size_t i = 0; i < groups; ++i) {
      const float score = offsets[begin + i] + scale * static_cast<float>(dots[begin + i]);
      least[i] = score < least[i] ? score : least[i];
    }
  }
  std::nth_element(least, least + wanted - 1, least + kGroups);
  return least[wanted - 1];
}

}  // namespace

ScreenedScan::ScreenedScan(const quantize::StoredScreen& stored, const storage::Section& vectors,
                           const ScannedRows& rows, const metric::BoundQuery* queries,
                           const quantize::ScreenQuery* screens, std::vector<TopK>& best, std::size_t k)
    : stored_(stored),
      scanned_(rows),
      screens_(screens),
      k_(k),
      all_rows_(vectors.shape().rows),
      kernels_(kernels::table().screen),
      query_stride_(kernels::padded_dims(stored.screen.contraction.outputs())) {
  candidates_.reserve(best.size());
  for (std::size_t q = 0; q < best.size(); ++q) candidates_.emplace_back(queries[q], screens[q], vectors, best[q]);
  make_room(stored.screen.contraction.outputs());
}

bool ScreenedScan::by_panels() const { return count() > kFewQueries; }

void ScreenedScan::make_room(std::size_t dims) {
  hits_.resize(kScannedRows + 16);
  scores_.resize(kScannedRows + 16);
  dots_.resize(by_panels() ? count() * kScannedRows : kScannedRows);
  if (!by_panels()) return;
  query_codes_ = aligned_array<std::int8_t>(count() * query_stride_);
  panel_ = aligned_array<std::uint8_t>(kernels::panel_bytes(dims));
  panel_dots_ = aligned_array<std::int32_t>(kPanelQueries * kPanelRows);
  for (std::size_t q = 0; q < count(); ++q) {
    const std::vector<std::int8_t>& bytes = screens_[q].bytes();
    std::copy(bytes.begin(), bytes.end(), query_codes_.get() + q * query_stride_);
  }
}

void ScreenedScan::run(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  std::size_t at = begin;
  std::size_t block_rows = std::min(kScannedRows, end - at);
  start(block_at(at, block_rows));
  // Waiting rows are examined each time the number of rows seen has grown fourfold: the threshold falls with its
  // logarithm.
  std::size_t look = begin + 2 * kScannedRows;
  for (at += block_rows; at < end; at += block_rows) {
    block_rows = std::min(kScannedRows, end - at);
    const Block block = block_at(at, block_rows);
    by_panels() ? scan_panels(block) : scan_rows(block);
    const bool looking = at + block_rows >= look;
    for (Candidates& candidates : candidates_) looking ? candidates.tighten(k_) : candidates.keep_short(k_);
    if (looking) look = begin + 4 * (look - begin);
  }
  for (Candidates& candidates : candidates_) candidates.settle(k_);
}

ScreenedScan::Block ScreenedScan::block_at(std::size_t place, std::size_t rows) {
  if (const std::uint32_t* const list = scanned_.list(place)) return listed_block(list, rows);
  const float* const offsets = stored_.terms->items<float>(place, rows).data();
  const float* const errors = stored_.terms->items<float>(all_rows_ + place, rows).data();
  return {static_cast<std::uint32_t>(place),
          nullptr,
          rows,
          stored_.codes->rows(place, place + rows),
          scanned_.has_others() ? masked(offsets, place, rows) : offsets,
          errors};
}

ScreenedScan::Block ScreenedScan::listed_block(const std::uint32_t* list, std::size_t rows) {
  const MatrixView table = stored_.codes->matrix();
  offsets_.resize(rows);
  errors_.resize(rows);
  AscendingCheck codes(*stored_.codes, table.stride);
  AscendingCheck offsets(*stored_.terms, sizeof(float));
  AscendingCheck errors(*stored_.terms, sizeof(float), all_rows_ * sizeof(float));
  for (std::size_t i = 0; i < rows; ++i) {
    (void)codes.row(list[i]);
    stored_.codes->fetch(list[i] * table.stride);
    std::memcpy(&offsets_[i], offsets.row(list[i]), sizeof(float));
    std::memcpy(&errors_[i], errors.row(list[i]), sizeof(float));
  }
  return {0, list, rows, table, offsets_.data(), errors_.data()};
}

const float* ScreenedScan::masked(const float* offsets, std::size_t first, std::size_t rows) {
  offsets_.assign(offsets, offsets + rows);
  scanned_.each_left_out(first, rows, [this](std::size_t i) { offsets_[i] = std::numeric_limits<float>::quiet_NaN(); });
  return offsets_.data();
}

void ScreenedScan::start(const Block& block) {
  if (!by_panels()) {
    for (std::size_t q = 0; q < count(); ++q) {
      products(q, block, dots_.data());
      start_one(q, block, dots_.data());
    }
    return;
  }
  each_panel(block, [&](std::size_t q, std::size_t row, std::size_t rows, const std::int32_t* dots) {
    std::copy_n(dots, rows, dots_.data() + q * kScannedRows + row);
  });
  for (std::size_t q = 0; q < count(); ++q) start_one(q, block, dots_.data() + q * kScannedRows);
}

// Sets the limit from the first compared rows. Rows far from their codes look promising but are not (their bounds are
// loose), and a limit that they set lets everything through: then twice as many are compared, and so on.
void ScreenedScan::start_one(std::size_t query, const Block& block, const std::int32_t* dots) {
  Candidates& candidates = candidates_[query];
  const bool limited = candidates.limit().threshold < std::numeric_limits<float>::infinity();
  std::vector<std::uint32_t> compared;
  std::size_t passed = 0;
  for (std::size_t wanted = k_;; wanted *= 2) {
    if (!limited) compare_promising(query, block, dots, wanted, compared);
    passed = find_hits(query, block, 0, block.rows, dots);
    if (limited || passed <= block.rows / 4 || wanted > kGroups) break;
  }
  name_hits(block, 0, passed);
  candidates.add(hits_.data(), scores_.data(), passed);
  candidates.leave_out(compared);
}

void ScreenedScan::compare_promising(std::size_t query, const Block& block, const std::int32_t* dots,
                                     std::size_t wanted, std::vector<std::uint32_t>& compared) {
  const float scale = screens_[query].scale();
  const float promising = promising_score(dots, block.offsets, block.rows, scale, wanted);
  const kernels::Screen screen{block.offsets, nullptr, scale, 0.0f, promising};
  const std::size_t found = kernels_.hits(dots, block.rows, screen, hits_.data(), scores_.data());
  name_hits(block, 0, found);
  std::vector<std::uint32_t> fresh;
  for (std::size_t i = 0; i < found; ++i)
    if (!std::binary_search(compared.begin(), compared.end(), hits_[i])) fresh.push_back(hits_[i]);
  candidates_[query].compare(fresh.data(), fresh.size());
  const auto middle = static_cast<std::ptrdiff_t>(compared.size());
  compared.insert(compared.end(), fresh.begin(), fresh.end());
  std::inplace_merge(compared.begin(), compared.begin() + middle, compared.end());
}

void ScreenedScan::scan_rows(const Block& block) {
  for (std::size_t q = 0; q < count(); ++q) {
    products(q, block, dots_.data());
    take_hits(q, block, 0, block.rows, dots_.data());
  }
}

void ScreenedScan::scan_panels(const Block& block) {
  each_panel(block, [&](std::size_t q, std::size_t row, std::size_t rows, const std::int32_t* dots) {
    take_hits(q, block, row, rows, dots);
  });
}

template <class Take>
void ScreenedScan::each_panel(const Block& block, Take take) {
  const MatrixView& codes = block.codes;
  for (std::size_t row = 0; row < block.rows; row += kPanelRows) {
    const std::size_t rows = std::min(kPanelRows, block.rows - row);
    pack(block, row, rows);
    for (std::size_t q = 0; q < count(); q += kPanelQueries) {
      const std::size_t queries = std::min(kPanelQueries, count() - q);
      kernels_.panel_dot(panel_.get(), query_codes_.get() + q * query_stride_, query_stride_, queries, codes.dims,
                         panel_dots_.get());
      for (std::size_t i = 0; i < queries; ++i) take(q + i, row, rows, panel_dots_.get() + i * kPanelRows);
    }
  }
}

// Packs the codes at places [place, place + rows) into a panel; listed rows are gathered first.
void ScreenedScan::pack(const Block& block, std::size_t place, std::size_t rows) {
  const MatrixView& codes = block.codes;
  if (!block.list)
    return kernels_.pack_panel(codes.row(place), codes.stride, rows, codes.dims, stored_.flip, panel_.get());
  gathered_.resize(kPanelRows * codes.dims);
  for (std::size_t i = 0; i < rows; ++i)
    std::memcpy(gathered_.data() + i * codes.dims, codes.row(block.list[place + i]), codes.dims);
  kernels_.pack_panel(gathered_.data(), codes.dims, rows, codes.dims, stored_.flip, panel_.get());
}

void ScreenedScan::products(std::size_t query, const Block& block, std::int32_t* dots) const {
  kernels_.rows(screens_[query].bytes().data(), block.code_rows(), block.codes.dims, stored_.flip, dots);
}

void ScreenedScan::name_hits(const Block& block, std::size_t place, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) hits_[i] = block.row(place + hits_[i]);
}

std::size_t ScreenedScan::find_hits(std::size_t query, const Block& block, std::size_t row, std::size_t rows,
                                    const std::int32_t* dots) {
  const quantize::Limit& limit = candidates_[query].limit();
  const kernels::Screen screen{block.offsets + row, block.errors + row, screens_[query].scale(), limit.slack,
                               limit.threshold};
  return kernels_.hits(dots, rows, screen, hits_.data(), scores_.data());
}

// Adds hits to the waiting rows, or compares them at once: if the screen lets most rows through, as for a query far
// from all rows, postponing them gains nothing.
void ScreenedScan::take_hits(std::size_t query, const Block& block, std::size_t row, std::size_t rows,
                             const std::int32_t* dots) {
  const std::size_t found = find_hits(query, block, row, rows, dots);
  if (found == 0) return;
  name_hits(block, row, found);
  if (2 * found > rows)
    candidates_[query].compare(hits_.data(), found);
  else
    candidates_[query].add(hits_.data(), scores_.data(), found);
}

}  // namespace nearabout::exact

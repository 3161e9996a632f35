#include "index/ivf/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/queries.h"
#include "index/rerank.h"
#include "index/rerank_bytes.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kComparedTogether = 32;  // rows compared by one call
// With fewer rows a neighbour, reading the bytes of all (a quarter of a vector each) and the vectors of some, which are
// never fewer than the neighbours, reads as much as the vectors of all.
constexpr std::size_t kRowsWorthBytes = 2;

}  // namespace

RowComparison::RowComparison(const IvfLayout& layout, PageCacheMonitor& page_cache)
    : layout_(layout),
      page_cache_(page_cache),
      table_(layout.compared_rows()),
      view_(table_ ? table_->matrix() : MatrixView{}),
      columns_(layout.lists.rows->shape().columns),
      squares_(columns_ == 2),
      units_(layout.transform, layout.directions.centre) {
  if (!layout.bounds || layout.distance_source != index::DistanceSource::vectors) return;
  for (Pending& pending : pending_) pending.bytes.emplace(*layout.bounds);
}

void RowComparison::run(ListScan& scan, MatrixView queries, std::size_t begin, const index::Request& request,
                        index::Results& results) {
  if (!page_cache_.is_enabled()) return result(scan, queries, begin, request, results);
  const auto start = std::chrono::steady_clock::now();
  if (page_cache_.cold()) ask_for_rows(scan);
  result(scan, queries, begin, request, results);
  page_cache_.observe(std::chrono::steady_clock::now() - start, looked_at_);
}

// Starts reading the rows of all queries, before the first is answered.
void RowComparison::ask_for_rows(ListScan& scan) {
  cold_.clear();
  for (std::size_t i = 0; i < scan.queries().count(); ++i) {
    if (scan.wants_every_row(i)) continue;
    const std::span<const std::uint32_t> places = scan.candidates(i);
    cold_.insert(cold_.end(), places.begin(), places.end());
  }
  read_ahead(*layout_.lists.rows, cold_);
  if (!table_) return;
  for (std::uint32_t& place : cold_)
    place = layout_.lists.rows->items<std::uint32_t>(std::uint64_t{place} * columns_, columns_)[0];
  read_ahead(*table_, cold_);
}

void RowComparison::result(ListScan& scan, MatrixView queries, std::size_t begin, const index::Request& request,
                           index::Results& results) {
  const std::size_t count = scan.queries().count();
  const std::size_t last = pending_[0].bytes ? 3 : 2;  // stage of the pipeline
  compared_ = looked_at_ = 0;
  wanted_ = request.k + index::most_excluded(request);
  for (std::size_t i = 0; i < count + last; ++i) {
    if (i < count) find_places(scan, i, pending_[i % kDeep]);
    if (i >= 1 && i - 1 < count) find_rows(scan, i - 1, pending_[(i - 1) % kDeep]);
    if (i >= 2 && i - 2 < count) bind(queries, begin + i - 2, request, pending_[(i - 2) % kDeep]);
    if (i < last) continue;
    const std::size_t query = i - last;
    Pending& pending = pending_[query % kDeep];
    finish(scan, queries, query, begin + query, pending);
    if (table_) looked_at_ += pending.rows.size();
    if (!pending.by_bytes && table_) compared_ += pending.rows.size();
    index::write_result(*pending.bound, *pending.best, request, results, begin + query);
  }
}

void RowComparison::finish(ListScan& scan, MatrixView queries, std::size_t query, std::size_t number,
                           Pending& pending) {
  TopK& best = *pending.best;
  switch (layout_.distance_source) {
    case index::DistanceSource::vectors:
      pending.by_bytes ? compare_chosen(pending) : compare(pending);
      if (!scan.wants_every_row(query) && !scan.left_out(query).empty()) {
        units_.bind(queries, number);
        if (scan.is_farther_down(query, nearer_left_out(scan.left_out(query), best.worst())))
          scan.ask_for_every_row(query);
      }
      if (scan.is_suspicious(query)) {
        units_.bind(queries, number);
        if (is_too_shallow(scan, query, best)) scan.flag(query);
      }
      break;
    case index::DistanceSource::int8:
      index::rerank_bytes(
          layout_.byte_rows,
          {layout_.byte_rows.steps, layout_.transform, index::to_float32(queries, number, number + 1).data()},
          pending.rows, best);
      break;
    case index::DistanceSource::codes_alone:
      units_.bind(queries, number);
      rank(scan.estimates(query), pending, best);
      break;
  }
}

// Finds the places of a query's candidates; none for a query that will be compared with every row.
void RowComparison::find_places(ListScan& scan, std::size_t query, Pending& pending) const {
  pending.places.clear();
  if (scan.wants_every_row(query)) return;
  const std::span<const std::uint32_t> found = scan.candidates(query);
  pending.places.assign(found.begin(), found.end());
  for (const std::uint64_t place : pending.places) layout_.lists.rows->fetch(place * columns_ * sizeof(std::uint32_t));
}

// Bytes are looked at first unless the errors of all estimates are needed (is_too_shallow), or rows have to be read
// from the disk: then one read of all is faster than one after another.
void RowComparison::find_rows(const ListScan& scan, std::size_t query, Pending& pending) const {
  pending.rows.clear();
  pending.squares.clear();
  pending.by_bytes = pending.bytes && pending.places.size() > kRowsWorthBytes * wanted_ && !scan.is_suspicious(query) &&
                     !(page_cache_.is_enabled() && page_cache_.cold());
  for (const std::uint32_t place : pending.places) {
    const std::uint32_t* const header =
        layout_.lists.rows->items<std::uint32_t>(std::uint64_t{place} * columns_, columns_).data();
    pending.rows.push_back(header[0]);
    if (!table_) continue;
    if (squares_) pending.squares.push_back(header[1]);
    if (pending.by_bytes)
      pending.bytes->fetch(header[0]);
    else
      table_->fetch(header[0] * view_.stride, (std::uint64_t{header[0]} + 1) * view_.stride);
  }
  if (!layout_.byte_rows.squares) return;
  for (const std::uint64_t row : pending.rows) layout_.byte_rows.squares->fetch(row * sizeof(float));
}

void RowComparison::bind(MatrixView queries, std::size_t number, const index::Request& request, Pending& pending) {
  pending.bound.emplace(index::bind_query(queries, number, layout_.descriptor));
  pending.best.emplace(index::top_k_of(*pending.bound, request, request.k, number));
  if (pending.by_bytes) choose_rows(queries, number, pending);
}

void RowComparison::choose_rows(MatrixView queries, std::size_t number, Pending& pending) {
  pending.byte_query.bind(layout_.bounds->bounds, index::to_float32(queries, number, number + 1).data(), scratch_);
  pending.bytes->choose(pending.byte_query, pending.rows.data(), pending.rows.size(), pending.best->worst(), true);
  pending.bytes->fetch_likely(pending.byte_query, wanted_, [this](std::uint64_t row) {
    table_->fetch(row * view_.stride, (row + 1) * view_.stride);
  });
}

void RowComparison::compare_chosen(Pending& pending) {
  pending.bytes->compare(pending.byte_query, wanted_, *pending.best, [&](const std::uint32_t* rows, std::size_t count) {
    double rdists[exact::ByteComparison::kByteRowsTogether];
    index::rerank(*table_, {view_.data, view_.stride, rows, count, true}, rdists, *pending.best,
                  [&](const kernels::Rows& batch, double* out) { pending.bound->rdists(batch, out); });
    compared_ += count;
  });
}

void RowComparison::compare(Pending& pending) {
  rdists_.resize(pending.rows.size());
  const bool squares = squares_ && pending.bound->takes_squares();
  for (std::size_t begin = 0; begin < pending.rows.size(); begin += kComparedTogether) {
    const std::size_t count = std::min(kComparedTogether, pending.rows.size() - begin);
    const std::uint32_t* const rows = pending.rows.data() + begin;
    index::rerank(*table_, {view_.data, view_.stride, rows, count, true}, rdists_.data() + begin, *pending.best,
                  [&](const kernels::Rows& batch, double* out) {
                    if (squares)
                      pending.bound->rdists(batch, pending.squares.data() + begin, out);
                    else
                      pending.bound->rdists(batch, out);
                  });
  }
}

std::size_t RowComparison::nearer_left_out(std::span<const float> estimates, double worst) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(estimates, [&](float estimate) { return units_.rdist(estimate) <= worst; }));
}

// Estimates how many near rows were dropped. The errors of this query's estimates are known for the rows that were
// compared: their mean and their standard deviation. Beyond the largest estimate that was kept, each interval of one
// deviation is assumed to contain as many rows as the last such interval below it; the expected number of rows that are
// nearer than the k-th is then this row count times the integral of the normal distribution's tail.
bool RowComparison::is_too_shallow(ListScan& scan, std::size_t query, const TopK& best) const {
  const std::span<const float> estimates = scan.estimates(query);
  const std::size_t count = rdists_.size();
  if (!scan.has_dropped(query) || count < 16 || best.worst() == std::numeric_limits<double>::infinity()) return false;
  std::vector<double> estimated(count);
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    estimated[i] = units_.rdist(estimates[i]);
    const double off = rdists_[i] - estimated[i];
    sum += off;
    squares += off * off;
  }
  const double mean = sum / static_cast<double>(count);
  const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean * mean));
  if (!(deviation > 0)) return false;
  const double cut = *std::max_element(estimated.begin(), estimated.end());
  const auto near_cut =
      std::count_if(estimated.begin(), estimated.end(), [=](double e) { return e > cut - deviation; });
  const double away = (cut + mean - best.worst()) / deviation;
  constexpr double kRootOfTwoPi = 2.5066;
  const double tail = 0.5 * std::erfc(away / std::sqrt(2.0));
  const double missed = static_cast<double>(near_cut) * (std::exp(-0.5 * away * away) / kRootOfTwoPi - away * tail);
  return missed > scan.allowed_by_depth();
}

void RowComparison::rank(std::span<const float> estimates, const Pending& pending, TopK& best) const {
  for (std::size_t i = 0; i < pending.rows.size(); ++i) {
    if (pending.rows[i] >= layout_.row_count()) layout_.throw_row(pending.rows[i]);
    best.push(units_.rdist(estimates[i]), pending.rows[i]);
  }
}

}  // namespace nearabout::ivf

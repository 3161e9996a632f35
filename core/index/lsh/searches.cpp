#include "index/lsh/searches.h"

#include <algorithm>

#include "index/queries.h"
#include "index/rerank.h"

namespace nearabout::lsh {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

}  // namespace

LshSearch::LshSearch(const LshLayout& layout)
    : layout_(layout),
      view_(layout.vectors->matrix()),
      codes_(layout),
      scan_(layout),
      lookup_(layout),
      rdists_(kRowsAtOnce) {}

void LshSearch::run(MatrixView queries, std::size_t begin, std::size_t end, std::size_t count, std::size_t least,
                    const index::Request& request, index::SearchStats* stats, index::Results& results) {
  index::StageTimer clock(stats);
  probed_ = compared_ = 0;
  codes_.bind(queries, begin, end);
  clock.finish("bind");
  const bool scans = layout_.settings.tables == 0;
  if (scans) {
    scan_.run(codes_, end - begin, count);
    if (request.releases_memory) layout_.file.forget();
    clock.finish("scan");
  }
  for (std::size_t number = begin; number < end; ++number) {
    const std::vector<std::uint32_t>& rows =
        scans ? scan_.rows(number - begin) : lookup_.find(codes_, number - begin, count, least);
    if (!scans) {
      probed_ += lookup_.probed();
      clock.finish("probe");
    }
    compare(queries, number, rows, request, results);
    clock.finish("compare");
  }
  if (stats) add_counts(end - begin, *stats);
}

void LshSearch::compare(MatrixView queries, std::size_t number, const std::vector<std::uint32_t>& rows,
                        const index::Request& request, index::Results& results) {
  constexpr std::size_t kReadBeforeRelease = 16;  // rows; the system may map 2 MiB with each
  const metric::BoundQuery bound = index::bind_query(queries, number, layout_.descriptor);
  TopK best = index::top_k_of(bound, request, request.k, number);
  const std::size_t step = request.releases_memory ? kReadBeforeRelease : kRowsAtOnce;
  const auto fetch = [&](std::size_t first) {
    for (std::size_t i = first; i < std::min(first + step, rows.size()); ++i)
      layout_.vectors->fetch(rows[i] * view_.stride, (std::uint64_t{rows[i]} + 1) * view_.stride);
  };
  fetch(0);
  for (std::size_t first = 0; first < rows.size(); first += step) {
    fetch(first + step);
    const std::size_t count = std::min(step, rows.size() - first);
    index::rerank(*layout_.vectors, {view_.data, view_.stride, rows.data() + first, count, true}, rdists_.data(), best,
                  [&](const kernels::Rows& batch, double* out) { bound.rdists(batch, out); });
    if (request.releases_memory) layout_.file.forget();
  }
  compared_ += rows.size();
  index::write_result(bound, best, request, results, number);
  results.set_effort(number, static_cast<std::int64_t>(rows.size()));
}

void LshSearch::add_counts(std::size_t queries, index::SearchStats& stats) const {
  stats.count("queries", queries);
  std::uint64_t bytes = compared_ * view_.stride;
  if (layout_.codes) {
    stats.count("codes", queries * layout_.row_count());
    bytes += queries * layout_.row_count() * layout_.words() * sizeof(std::uint64_t);
  } else {
    stats.count("buckets", probed_);
  }
  stats.count("compared", compared_);
  stats.count("bytes", bytes);
}

}  // namespace nearabout::lsh

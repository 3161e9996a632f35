#include "index/ivf/searches.h"

#include "kernels/kernels.h"

namespace nearabout::ivf {
namespace {

// Returns the bytes of codes and vectors read by a search that scans and compares so many rows.
std::uint64_t bytes_of(const IvfLayout& layout, std::uint64_t codes, std::uint64_t compared) {
  const std::uint64_t code = kernels::block_bytes(layout.shape().lines()) / kernels::kBlockRows;
  const std::uint64_t header = layout.lists.rows->shape().columns * sizeof(std::uint32_t);
  return codes * code + compared * (layout.compared_bytes() + header);
}

}  // namespace

void IvfSearch::run(const Group& group, const IvfBudget& allowance, const index::Request& request,
                    index::SearchStats* stats, index::Results& results) {
  index::StageTimer clock(stats);
  scan_.bind(group.queries, group.begin, group.end);
  clock.finish("bind");
  scan_.rank(allowance);
  clock.finish("rank");
  scan_.scan();
  scan_.widen();
  scan_.extend();
  clock.finish("scan");
  comparison_.run(scan_, group.queries, group.begin, request, results);
  note_efforts(group, results);
  clock.finish("compare");
  if (stats) count(*stats);
}

// Records the effort of each query.
void IvfSearch::note_efforts(const Group& group, index::Results& results) {
  for (std::size_t i = 0; i < scan_.queries().count(); ++i) {
    const std::int64_t effort =
        scan_.wants_every_row(i) ? index::kEveryRow : static_cast<std::int64_t>(scan_.probes(i));
    results.set_effort(group.begin + i, effort);
    results.set_out_of_distribution(group.begin + i, scan_.out_of_distribution(i));
    if (layout_.distance_source != index::DistanceSource::vectors && scan_.looked_farther_down(i))
      results.set_sought(group.begin + i, index::kUnknownSought);
  }
}

void IvfSearch::count(index::SearchStats& stats) const {
  stats.count("queries", scan_.queries().count());
  stats.count("lists", scan_.lists_scanned());
  stats.count("codes", scan_.codes_scanned());
  stats.count("compared", comparison_.rows_compared());
  stats.count("bytes", bytes_of(layout_, scan_.codes_scanned(), comparison_.rows_compared()));
}

}  // namespace nearabout::ivf

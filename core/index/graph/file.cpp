// The index of an open file: what it is made of, and what needs no search.
#include <algorithm>

#include "index/calibration/searched_profile.h"
#include "index/exact/screen.h"
#include "index/graph/graph.h"
#include "index/stored_rows.h"

namespace nearabout::graph {
namespace {

// Wider walks are not worthwhile: a search with the largest effort compares every row.
constexpr std::size_t kMaxWidth = 4'096;

std::size_t widest_of(std::size_t nodes) { return std::clamp<std::size_t>(nodes, 1, kMaxWidth); }

std::optional<calibration::Calibration> read_calibration(const storage::File& file) {
  std::optional<calibration::Calibration> calibration = calibration::read_calibration(file);
  if (calibration && file.has(storage::SectionId::graph_nodes))
    calibration->widest = static_cast<double>(widest_of(file.section(storage::SectionId::graph_nodes).shape().rows));
  return calibration;
}

}  // namespace

GraphIndex::GraphIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), read_calibration(file)), layout_(read_graph_layout(file, descriptor)) {
  if (layout_.vectors) {
    screen_ = exact::screen_of(file, descriptor, *layout_.vectors, quantize::kScreenOfRows);
    scan_.emplace(descriptor, *layout_.vectors, screen_ ? &*screen_ : nullptr);
  }
  for (const storage::Section* section :
       {layout_.vectors, layout_.byte_rows.codes, layout_.byte_rows.squares, layout_.nodes, layout_.copies})
    if (section) section->advise(storage::system::Access::anywhere);
}

index::EffortRange GraphIndex::effort() const { return {"nodes", 1, widest_of(layout_.node_count()), keeps_vectors()}; }

// Wide walks take long, and hardly find more.
std::unique_ptr<calibration::RecallProfile> GraphIndex::profile(const calibration::CalibrationQueries& queries,
                                                                const index::BuildOptions& build,
                                                                const Monitor& monitor) const {
  constexpr double kFoundEnough = 0.9995;
  return std::make_unique<calibration::SearchedProfile>(
      *this, queries, build, monitor, calibration::SearchedProfile::Until{.found = kFoundEnough, .worthwhile = true});
}

void GraphIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  if (layout_.vectors) return index::copy_row(*layout_.vectors, row, row_bytes(descriptor().element, dims()), to);
  quantize::decode_row(layout_.byte_rows, layout_.transform, row, descriptor().element, to);
}

}  // namespace nearabout::graph

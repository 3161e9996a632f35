// The index of an open file: what it is made of, and what needs no search.
#include <algorithm>
#include <limits>

#include "base/convert.h"
#include "base/error.h"
#include "index/exact/screen.h"
#include "index/ivf/ivf.h"
#include "index/ivf/recall_profile.h"
#include "index/ivf/searches.h"
#include "index/stored_rows.h"

namespace nearabout::ivf {

IvfIndex::IvfIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
      layout_(std::make_unique<const IvfLayout>(read_ivf_layout(file, descriptor))),
      page_cache_(std::make_unique<PageCacheMonitor>(file.mapped())),
      searches_(std::make_unique<IvfSearches>(*layout_, *page_cache_)) {
  const storage::Section* const vectors = layout_->vectors;
  if (vectors) {
    screen_ = exact::screen_of(file, descriptor, *vectors, quantize::kScreenOfRows);
    scan_.emplace(descriptor, *vectors, screen_ ? &*screen_ : nullptr, layout_->bounds ? &*layout_->bounds : nullptr);
  }
  const IvfLists& lists = layout_->lists;
  for (const storage::Section* section :
       {vectors, lists.rows, lists.codes, layout_->byte_rows.codes, layout_->byte_rows.squares,
        layout_->bounds ? layout_->bounds->bytes : nullptr, layout_->bounds ? layout_->bounds->squares : nullptr})
    if (section) section->advise(storage::system::Access::anywhere);
}

IvfIndex::~IvfIndex() = default;

DistanceSource IvfIndex::distance_source() const { return layout_->distance_source; }

bool IvfIndex::keeps_vectors() const { return layout_->vectors != nullptr; }

index::EffortRange IvfIndex::effort() const {
  return {"lists", 1, layout_->list_count(), distance_source() == DistanceSource::vectors};
}

void IvfIndex::verify(const Monitor& monitor) const { verify_lists(*layout_, monitor); }

void IvfIndex::release_memory() const { layout_->file.forget(); }

std::unique_ptr<calibration::RecallProfile> IvfIndex::profile(
    const calibration::CalibrationQueries& calibration_queries, const index::BuildOptions& build,
    const Monitor& monitor) const {
  return std::make_unique<IvfRecallProfile>(*layout_, *page_cache_, calibration_queries, build, monitor);
}

double IvfIndex::exact_cost(std::size_t k, std::size_t rows) const {
  return scan_ ? scan_->query_cost(k, rows) : index::Searcher::exact_cost(k, rows);
}

// Decodes a vector. Under cosine the result has length 1, approximately: the row's own length is not stored.
void IvfIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  if (keeps_vectors()) return index::copy_row(*layout_->vectors, row, row_bytes(descriptor().element, dims()), to);
  if (!layout_->byte_rows.codes)
    throw InvalidInputError(
        "this index keeps no vectors, only small codes of them, so the vector of a row or a key is not available; "
        "search with a vector of your own, or build the index with keep_vectors=True or refine=True");
  const std::span<const std::int8_t> codes =
      layout_->byte_rows.codes->items<std::int8_t>(std::uint64_t{row} * dims(), dims());
  std::vector<double> values(dims());
  layout_->byte_rows.steps.decode(codes.data(), values.data());
  const transform::MetricTransform& transform = layout_->transform;
  const double unit =
      transform.space() == transform::CodeSpace::inner_product ? transform.longest() : 1 / double{transform.scale()};
  constexpr double kMaxFloat = std::numeric_limits<float>::max();
  std::vector<float> vector;
  for (const double value : values)
    vector.push_back(static_cast<float>(std::clamp(value * unit, -kMaxFloat, kMaxFloat)));
  from_f32(vector.data(), dims(), descriptor().element, to);
}

}  // namespace nearabout::ivf

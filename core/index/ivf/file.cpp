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
#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout::ivf {

IvfIndex::IvfIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
      layout_(std::make_unique<const IvfLayout>(read_ivf_layout(file, descriptor))),
      page_cache_(std::make_unique<PageCacheMonitor>(file.mapped())),
      searches_(std::make_unique<index::WorkSpaces<IvfSearch>>()) {
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

index::DistanceSource IvfIndex::distance_source() const { return layout_->distance_source; }

bool IvfIndex::keeps_vectors() const { return layout_->vectors != nullptr; }

index::EffortRange IvfIndex::effort() const {
  return {"lists", 1, layout_->list_count(), distance_source() == index::DistanceSource::vectors};
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

std::vector<std::uint32_t> IvfIndex::stored_order() const {
  std::vector<std::uint32_t> order;
  if (rows() == 0) return order;
  order.reserve(rows());
  const storage::Section& stored = *layout_->lists.rows;
  const std::uint64_t columns = stored.shape().columns;
  for (std::size_t list = 0; list < layout_->list_count(); ++list) {
    const std::uint64_t first = std::uint64_t{layout_->lists.blocks[list]} * kernels::kBlockRows;
    const auto own = stored.items<std::uint32_t>(first * columns, layout_->lists.sizes[list] * columns);
    for (std::size_t place = 0; place < own.size(); place += columns) order.push_back(own[place]);
  }
  return order;
}

void IvfIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  if (keeps_vectors()) return index::copy_row(*layout_->vectors, row, row_bytes(descriptor().element, dims()), to);
  if (!layout_->byte_rows.codes)
    throw InvalidInputError(
        "this index keeps no vectors, only small codes of them, so the vector of a row or a key is not available; "
        "search with a vector of your own, or build the index with keep_vectors=True or refine=True");
  quantize::decode_row(layout_->byte_rows, layout_->transform, row, descriptor().element, to);
}

}  // namespace nearabout::ivf

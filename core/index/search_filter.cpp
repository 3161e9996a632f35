#include "index/search_filter.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "index/searcher.h"

namespace nearabout::index {

SearchFilter::SearchFilter(const Searcher& searcher, RowFilter rows)
    : searcher_(searcher), rows_(std::move(rows)), count_(rows_.count()) {
  if (rows_.rows() != searcher.rows())
    throw InvalidInputError("the filter is for " + std::to_string(rows_.rows()) + " rows, but the index has " +
                            std::to_string(searcher.rows()) + "; make the filter for this index");
  if (searcher.rows() > 0) of_kind_ = searcher.derive_filter(rows_);
}

// Two threads may both make it; one of the lists stays.
const std::vector<std::uint32_t>& SearchFilter::list() const {
  const std::vector<std::uint32_t>* made = list_.load(std::memory_order_acquire);
  if (made) return *made;
  auto fresh = std::make_unique<const std::vector<std::uint32_t>>(rows_.allowed());
  if (list_.compare_exchange_strong(made, fresh.get(), std::memory_order_acq_rel)) return *fresh.release();
  return *made;
}

}  // namespace nearabout::index

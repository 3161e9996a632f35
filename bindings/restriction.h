// The rows that a search from Python may find: its arguments `filter` and `excluded`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>

#include "index/excluded_rows.h"
#include "index/request.h"
#include "index/search_filter.h"

namespace nearabout::index {
class StoredIndex;
}  // namespace nearabout::index

namespace nearabout {

// A filter, and the index that it is for.
struct FilterOfIndex {
  FilterOfIndex(std::shared_ptr<index::StoredIndex> made_for, index::RowFilter rows);

  std::shared_ptr<const index::StoredIndex> index;
  index::SearchFilter filter;
};

// Rows that are excluded as a list: one in so many. More are a filter, which takes time for each row of the index.
inline constexpr std::size_t kFewExcludedOf = 16;

class Restriction {
 public:
  // `filter` is None, a filter, or a sequence with a filter or None for each query. `excluded` is None or (rows,
  // offsets): those of query i are rows[offsets[i]:offsets[i + 1]], or all of them if there are only two offsets.
  Restriction(const index::StoredIndex& index, nanobind::handle filter, nanobind::handle excluded, std::size_t queries);

  void apply_to(index::Request& request) const;
  // Returns how many neighbours a query may have at most, up to k, if it does not find row own[i] either.
  std::size_t columns(std::size_t k, std::span<const std::uint32_t> own = {}) const;

 private:
  std::size_t available(std::size_t query, std::span<const std::uint32_t> own) const;

  std::size_t rows_, queries_;
  const index::SearchFilter* filter_ = nullptr;
  std::vector<const index::SearchFilter*> filters_;
  std::optional<index::ExcludedRows> excluded_;
};

}  // namespace nearabout

#include "restriction.h"

#include <algorithm>

#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/unique_ptr.h>

#include "arrays.h"
#include "bindings.h"
#include "gil.h"
#include "index/stored_index.h"

namespace nearabout {
namespace {

using index::ExcludedRows;
using index::RowFilter;
using index::SearchFilter;
using index::StoredIndex;
using IndexPointer = std::shared_ptr<StoredIndex>;
using Mask = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::unique_ptr<FilterOfIndex> filter_of_mask(IndexPointer index, const Mask& mask) {
  const ReleasedGil released;
  return std::make_unique<FilterOfIndex>(std::move(index), RowFilter(std::span(mask.data(), mask.shape(0))));
}

std::unique_ptr<FilterOfIndex> filter_of_rows(IndexPointer index, const RowNumbers& numbers) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, index->rows());
  const ReleasedGil released;
  RowFilter filter(index->rows());
  for (const std::uint32_t row : rows) filter.allow(row);
  return std::make_unique<FilterOfIndex>(std::move(index), std::move(filter));
}

// Returns a filter that allows the rows of one that another one does not allow.
std::unique_ptr<FilterOfIndex> difference(const FilterOfIndex* from, const FilterOfIndex& other) {
  const ReleasedGil released;
  RowFilter rows = other.filter.rows();
  rows.invert();
  if (from) rows.intersect(from->filter.rows());
  return std::make_unique<FilterOfIndex>(std::const_pointer_cast<StoredIndex>(other.index), std::move(rows));
}

nb::object allowed_rows(const FilterOfIndex& filter) {
  const std::vector<std::uint32_t> found = filter.filter.rows().allowed();
  std::vector<std::int64_t> rows(found.begin(), found.end());
  const std::size_t count = rows.size();
  return nb::cast(owned_array(std::move(rows), {count}));
}

std::optional<ExcludedRows> excluded_rows(nb::handle given, std::size_t all) {
  if (given.is_none()) return {};
  const auto [numbers, offsets] = nb::cast<std::pair<RowNumbers, RowNumbers>>(given);
  const std::vector<std::uint32_t> rows = row_numbers(numbers, all);
  if (offsets.shape(0) == 2) return ExcludedRows(rows);
  std::vector<std::vector<std::uint32_t>> lists;
  for (std::size_t i = 0; i + 1 < offsets.shape(0); ++i)
    lists.emplace_back(rows.begin() + offsets.data()[i], rows.begin() + offsets.data()[i + 1]);
  return ExcludedRows(std::move(lists));
}

}  // namespace

FilterOfIndex::FilterOfIndex(IndexPointer made_for, RowFilter rows)
    : index(std::move(made_for)), filter(index->searcher(), std::move(rows)) {}

Restriction::Restriction(const StoredIndex& index, nb::handle filter, nb::handle excluded, std::size_t queries)
    : rows_(index.rows()), queries_(queries), excluded_(excluded_rows(excluded, index.rows())) {
  const auto filter_in = [](nb::handle given) -> const SearchFilter* {
    return given.is_none() ? nullptr : &nb::cast<const FilterOfIndex&>(given).filter;
  };
  if (nb::isinstance<nb::list>(filter))
    for (const nb::handle given : nb::borrow<nb::list>(filter)) filters_.push_back(filter_in(given));
  else
    filter_ = filter_in(filter);
}

void Restriction::apply_to(index::Request& request) const {
  request.filter = filter_;
  request.filters = filters_;
  request.excluded = excluded_ ? &*excluded_ : nullptr;
}

std::size_t Restriction::available(std::size_t query, std::span<const std::uint32_t> own) const {
  const SearchFilter* const filter = filters_.empty() ? filter_ : query < filters_.size() ? filters_[query] : nullptr;
  const std::span<const std::uint32_t> excluded = excluded_ ? excluded_->of(query) : std::span<const std::uint32_t>{};
  const std::size_t others = index::findable_rows(rows_, filter, excluded);
  const bool finds_own = !own.empty() && (!filter || filter->allows(own[query])) &&
                         !std::binary_search(excluded.begin(), excluded.end(), own[query]);
  return others - (finds_own ? 1 : 0);
}

std::size_t Restriction::columns(std::size_t k, std::span<const std::uint32_t> own) const {
  std::size_t most = 0;
  for (std::size_t query = 0; query < queries_ && most < k; ++query) most = std::max(most, available(query, own));
  return std::min(k, queries_ == 0 ? rows_ : most);
}

void bind_filters(nb::module_& m) {
  m.attr("FEW_EXCLUDED_OF") = kFewExcludedOf;
  nb::class_<FilterOfIndex>(m, "RowFilter")
      .def_static("of_mask", &filter_of_mask, nb::arg("index"), nb::arg("mask"))
      .def_static("of_rows", &filter_of_rows, nb::arg("index"), nb::arg("rows"))
      .def_static("difference", &difference, nb::arg("filter").none(), nb::arg("other"))
      .def("__len__", [](const FilterOfIndex& filter) { return filter.filter.count(); })
      .def("rows", &allowed_rows);
}

}  // namespace nearabout

// The neighbours of every row of an index.
#include <algorithm>
#include <vector>

#include "arrays.h"
#include "bindings.h"
#include "gil.h"
#include "index/neighbors/all_rows.h"
#include "result_arrays.h"

namespace nearabout {
namespace {

using index::StoredIndex;
using neighbors::AllRows;

void add_leaves(AllRows& all, std::size_t several, std::size_t typical, nb::object monitor) {
  const Monitor watch = python_monitor(std::move(monitor));
  const ReleasedGil released;
  all.add_leaves(several, typical, watch);
}

void descend(AllRows& all, std::size_t followed, nb::object monitor) {
  const Monitor watch = python_monitor(std::move(monitor));
  const ReleasedGil released;
  all.descend(followed, watch);
}

nb::object compare(const AllRows& all, const RowNumbers& numbers) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, all.count());
  const Monitor watch = interruption_monitor();
  ResultArrays arrays(rows.size(), all.k());
  {
    const ReleasedGil released;
    index::Results results(rows.size(), arrays.tables());
    all.compare(rows, watch, results);
  }
  return arrays.take();
}

}  // namespace

void bind_neighbors(nb::module_& m) {
  nb::class_<AllRows>(m, "AllRows")
      .def_static("serves", &AllRows::serves, nb::arg("index"))
      .def(
          "__init__",
          [](AllRows* self, const StoredIndex& index, std::size_t k, std::uint64_t seed, std::size_t threads) {
            const Monitor watch = interruption_monitor();
            const ReleasedGil released;
            new (self) AllRows(index, k, seed, threads, watch);
          },
          nb::arg("index"), nb::arg("k"), nb::arg("seed"), nb::arg("threads"), nb::keep_alive<1, 2>())
      .def("add_leaves", &add_leaves, nb::arg("several"), nb::arg("typical"), nb::arg("monitor").none())
      .def("descend", &descend, nb::arg("followed"), nb::arg("monitor").none())
      .def("order",
           [](const AllRows& self) {
             std::vector<std::int64_t> order(self.order().begin(), self.order().end());
             const std::size_t count = order.size();
             return nb::cast(owned_array(std::move(order), {count}));
           })
      .def("compare", &compare, nb::arg("rows"));
}

}  // namespace nearabout

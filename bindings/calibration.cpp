// The calibration of an index, and calibrating it again.
#include <algorithm>
#include <utility>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>

#include "arrays.h"
#include "base/threads.h"
#include "bindings.h"
#include "gil.h"
#include "index/calibration/measure.h"

namespace nearabout {
namespace {

using index::StoredIndex;

// Returns the calibration as plain values; None if nothing was measured.
nb::object calibration_values(const StoredIndex& index) {
  const std::optional<calibration::Calibration>& known = index.searcher().calibration();
  if (!known) return nb::none();
  nb::dict found;
  found["source"] = known->origin == calibration::Calibration::Origin::rows ? "held_out_rows" : "user_queries";
  found["queries"] = known->queries;
  found["target_recall"] = known->target;
  nb::list points;
  for (const calibration::CalibrationPoint& point : known->points) {
    nb::dict entry;
    entry["effort"] = static_cast<std::size_t>(point.effort);
    for (std::size_t place = 0; place < calibration::kCalibratedK.size(); ++place) {
      const calibration::CalibrationPoint::At& at = point.at[place];
      nb::dict values;
      values["recall"] = at.recall;
      values["recall_lower"] = std::max(0.0, known->expected(calibration::kCalibratedK[place], point.effort)->low);
      values["distance_computations"] = at.distances;
      values["modelled_seconds"] = at.seconds;
      entry[nb::int_(calibration::kCalibratedK[place])] = values;
    }
    points.append(entry);
  }
  found["points"] = points;
  return found;
}

// Returns the effort that a search starts with for each query, before it increases it for some; None means every row.
std::optional<std::size_t> base_effort(const StoredIndex& index, std::size_t k, std::optional<std::size_t> effort,
                                       std::optional<double> recall, bool exact) {
  index::Request request;
  request.k = std::min(k, std::max<std::size_t>(index.rows(), 1));
  request.effort = effort;
  request.recall = recall;
  request.exact = exact;
  const index::Budget budget = index.searcher().budget(request);
  if (budget.every_row) return {};
  return std::min(budget.effort, index.searcher().effort().max);
}

// Returns the expected (recall, its lower bound) of a search; None if nothing was measured.
nb::object expected_recall(const StoredIndex& index, std::size_t k, std::optional<std::size_t> effort) {
  const std::optional<calibration::Calibration::Expected> expected = index.searcher().expected(k, effort);
  if (!expected) return nb::none();
  return nb::make_tuple(expected->recall, std::max(0.0, expected->low));
}

// Returns true if the index is calibrated, so that it knows which effort a recall needs.
bool keeps_promises(const StoredIndex& index) {
  return !index.searcher().effort() || index.rows() == 0 || index.searcher().calibration().has_value();
}

// Returns the ranges of distances at which calibration found the nearest neighbour, and the tenth.
nb::object seen_distances(const StoredIndex& index) {
  if (!index.searcher().calibration()) return nb::none();
  const auto& ranges = index.searcher().calibration()->distances;
  return nb::make_tuple(nb::make_tuple(ranges[0].least, ranges[0].most),
                        nb::make_tuple(ranges[1].least, ranges[1].most));
}

// Calibrates with queries or with rows; with neither, with held-out rows.
std::shared_ptr<StoredIndex> calibrated(const StoredIndex& index, const FloatMatrix& queries, const RowNumbers& rows,
                                        double recall, std::size_t threads, nb::object monitor) {
  const Monitor watch = python_monitor(std::move(monitor));
  const std::vector<std::uint32_t> numbers = row_numbers(rows, index.rows());
  const ReleasedGil released;
  return std::const_pointer_cast<StoredIndex>(calibration::remeasured(
      index, {{queries.data(), queries.size()}, numbers}, recall, thread_count(threads), watch));
}

}  // namespace

void bind_calibration(nb::class_<StoredIndex>& index) {
  index.def("calibration", &calibration_values)
      .def("expected_recall", &expected_recall, nb::arg("k"), nb::arg("effort").none())
      .def(
          "effort_for",
          [](const StoredIndex& self, std::size_t k, double recall) { return self.searcher().effort_for(k, recall); },
          nb::arg("k"), nb::arg("recall"))
      .def("base_effort", &base_effort, nb::arg("k"), nb::arg("effort").none(), nb::arg("recall").none(),
           nb::arg("exact"))
      .def_prop_ro("keeps_promises", &keeps_promises)
      .def_prop_ro("keeps_vectors", [](const StoredIndex& self) { return self.searcher().keeps_vectors(); })
      .def("seen_distances", &seen_distances)
      .def("calibrated", &calibrated, nb::arg("queries"), nb::arg("rows"), nb::arg("recall"), nb::arg("threads"),
           nb::arg("monitor").none());
}

}  // namespace nearabout

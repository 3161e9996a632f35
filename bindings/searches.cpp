// Searches of an open index.
#include <algorithm>
#include <limits>
#include <span>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "bindings.h"
#include "gil.h"
#include "index/search_stats.h"
#include "index/stored_index.h"
#include "index/weighted_sum.h"
#include "restriction.h"
#include "result_arrays.h"
#include "search_one.h"

namespace nearabout {
namespace {

using index::Request;
using index::Results;
using index::StoredIndex;
using index::WeightedRow;

Element query_element(const StoredIndex& index, const AnyArray& queries) {
  if (queries.dtype() == nb::dtype<float>()) return Element::f32;
  const Element stored = index.descriptor().element;
  if (queries.dtype() == nb::dtype<std::uint8_t>() && (stored == Element::u8 || stored == Element::bits)) return stored;
  if (queries.dtype() == nb::dtype<std::int8_t>() && stored == Element::i8) return stored;
  throw InvalidInputError("queries are float32, or of the index's own type " + std::string(name_of(stored)));
}

// Returns the effort of each search, and which queries are unlike those of calibration.
nb::tuple spent_on(const Results& results) {
  std::vector<std::int64_t> efforts;
  std::vector<std::uint8_t> out_of_distribution;
  for (std::size_t i = 0; i < results.queries(); ++i) {
    efforts.push_back(results.effort(i));
    out_of_distribution.push_back(results.out_of_distribution(i) ? 1 : 0);
  }
  const std::size_t count = results.queries();
  return nb::make_tuple(owned_array(std::move(efforts), {count}), owned_array(std::move(out_of_distribution), {count}));
}

// The arguments of a search in Python that determine its effort.
struct SearchArguments {
  std::optional<std::size_t> effort;
  std::optional<double> recall;
  bool exact;
  std::size_t threads;
};

Request request_for(std::size_t k, const SearchArguments& arguments) {
  Request request;
  request.k = k;
  request.effort = arguments.effort;
  request.recall = arguments.recall;
  request.exact = arguments.exact;
  request.threads = arguments.threads;
  request.monitor = interruption_monitor();
  return request;
}

nb::object search(const StoredIndex& index, const AnyArray& queries, std::size_t k, std::optional<std::size_t> effort,
                  std::optional<double> recall, bool exact, std::size_t threads, nb::handle filter,
                  nb::handle excluded) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  const Restriction restriction(index, filter, excluded, view.rows);
  Request request = request_for(k, {effort, recall, exact, threads});
  restriction.apply_to(request);
  ResultArrays arrays(view.rows, restriction.columns(k));
  {
    const ReleasedGil released;
    Results results(view.rows, arrays.tables());
    index.searcher().search(view, request, results);
  }
  return arrays.take();
}

// Returns the work done by a search; nothing is counted if an exact scan answers.
nb::dict profile(const StoredIndex& index, const AnyArray& queries, std::size_t k, std::optional<std::size_t> effort,
                 std::size_t threads, nb::handle filter, nb::handle excluded) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  index::SearchStats stats;
  const Restriction restriction(index, filter, excluded, view.rows);
  Request request = request_for(k, {effort, {}, false, threads});
  restriction.apply_to(request);
  request.stats = &stats;
  {
    const ReleasedGil released;
    (void)index.searcher().search(view, request);
  }
  nb::dict found;
  nb::dict counts;
  for (const auto& [name, value] : stats.counts) counts[nb::str(name.data(), name.size())] = value;
  nb::dict seconds;
  for (const auto& [stage, value] : stats.seconds) seconds[nb::str(stage.data(), stage.size())] = value;
  found["counts"] = counts;
  found["seconds"] = seconds;
  return found;
}

nb::object search_rows(const StoredIndex& index, const RowNumbers& numbers, std::size_t k, bool include_self,
                       std::optional<std::size_t> effort, std::optional<double> recall, bool exact, std::size_t threads,
                       nb::handle filter, nb::handle excluded) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, index.rows());
  const Restriction restriction(index, filter, excluded, rows.size());
  Request request = request_for(k, {effort, recall, exact, threads});
  restriction.apply_to(request);
  ResultArrays arrays(rows.size(), restriction.columns(k, include_self ? std::span<const std::uint32_t>{} : rows));
  {
    const ReleasedGil released;
    Results results(rows.size(), arrays.tables());
    index.searcher().search_rows(rows, include_self, request, results);
  }
  return arrays.take();
}

nb::object radius_search(const StoredIndex& index, const AnyArray& queries, double radius,
                         std::optional<std::size_t> effort, std::optional<double> recall, bool exact,
                         std::size_t threads, nb::handle filter, nb::handle excluded, std::size_t k) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  const Restriction restriction(index, filter, excluded, view.rows);
  Request request = request_for(std::min(k, index.rows()), {effort, recall, exact, threads});
  restriction.apply_to(request);
  request.radius = radius;
  Results results = Results::unlimited(view.rows);
  {
    const ReleasedGil released;
    index.searcher().search(view, request, results);
  }
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int64_t> rows;
  std::vector<float> distances;
  for (std::size_t i = 0; i < view.rows; ++i) {
    for (std::size_t place = 0; place < results.count(i); ++place) {
      rows.push_back(results.row(i, place));
      distances.push_back(results.distance(i, place));
    }
    offsets.push_back(static_cast<std::int64_t>(rows.size()));
  }
  const std::size_t count = rows.size();
  return nb::make_tuple(owned_array(std::move(rows), {count}), owned_array(std::move(distances), {count}),
                        owned_array(std::move(offsets), {view.rows + 1})) +
         spent_on(results);
}

using Terms = std::vector<std::pair<double, std::int64_t>>;

std::uint32_t existing_row(const StoredIndex& index, std::int64_t row) {
  if (row < 0 || static_cast<std::uint64_t>(row) >= index.rows())
    throw InvalidInputError("row " + std::to_string(row) + " does not exist; the index has " +
                            std::to_string(index.rows()) + " rows");
  return static_cast<std::uint32_t>(row);
}

std::vector<WeightedRow> weighted_rows(const StoredIndex& index, const Terms& terms) {
  std::vector<WeightedRow> rows;
  for (const auto& [weight, row] : terms) rows.push_back({weight, existing_row(index, row)});
  return rows;
}

nb::ndarray<nb::numpy, float> sum_of(const StoredIndex& index, const Terms& terms, const FloatMatrix& others,
                                     const std::vector<double>& weights) {
  if (others.shape(0) != weights.size() || others.shape(1) != index.dims())
    throw InvalidInputError("there must be one weight a vector, and vectors of the index's dims");
  std::vector<index::WeightedVector> vectors;
  for (std::size_t i = 0; i < weights.size(); ++i) vectors.push_back({weights[i], others.data() + i * index.dims()});
  return owned_array(index::weighted_sum(index.searcher(), weighted_rows(index, terms), vectors), {index.dims()});
}

std::vector<std::pair<std::int64_t, float>> search_sum(const StoredIndex& index, const Terms& terms, std::size_t k,
                                                       std::optional<std::size_t> effort, bool exact,
                                                       std::size_t threads, std::optional<double> recall,
                                                       nb::handle filter) {
  const std::vector<WeightedRow> rows = weighted_rows(index, terms);
  std::vector<std::uint32_t> own;
  for (const WeightedRow& term : rows) own.push_back(term.row);
  Request request = request_for(k, {effort, recall, exact, threads});
  Restriction(index, filter, nb::none(), 1).apply_to(request);
  const index::ExcludedRows excluded(own);
  request.excluded = &excluded;
  Results results(1, std::min(request.k, index.rows()));
  {
    const ReleasedGil released;
    if (terms.size() == 1 && terms[0].first == 1) {
      index.searcher().search_rows(own, true, request, results);
    } else {
      const std::vector<float> sum = index::weighted_sum(index.searcher(), rows);
      index.searcher().search(
          {std::as_bytes(std::span(sum)).data(), 1, index.dims(), index.dims() * sizeof(float), Element::f32}, request,
          results);
    }
  }
  std::vector<std::pair<std::int64_t, float>> result;
  for (std::size_t i = 0; i < results.count(0); ++i) result.emplace_back(results.row(0, i), results.distance(0, i));
  return result;
}

}  // namespace

void bind_searches(nb::class_<StoredIndex>& bound) {
  bound
      .def(
          "made", [](const StoredIndex& index, const FilterOfIndex& filter) { return filter.index.get() == &index; },
          nb::arg("filter"))

      .def("search", &search, nb::arg("queries"), nb::arg("k"), nb::arg("effort").none() = nb::none(),
           nb::arg("recall").none() = nb::none(), nb::arg("exact") = false, nb::arg("threads") = 0,
           nb::arg("filter").none() = nb::none(), nb::arg("excluded").none() = nb::none())
      .def(
          "search_single",
          [](const StoredIndex& index, nb::handle query, nb::handle k, nb::handle effort, nb::handle recall,
             nb::handle exact, nb::handle threads, nb::handle filter, nb::handle excluded) {
            return search_single(index, {query, k, effort, recall, exact, threads, filter, excluded});
          },
          nb::arg("query").none(), nb::arg("k").none(), nb::arg("effort").none(), nb::arg("recall").none(),
          nb::arg("exact").none(), nb::arg("threads").none(), nb::arg("filter").none() = nb::none(),
          nb::arg("excluded").none() = nb::none())
      .def("profile", &profile, nb::arg("queries"), nb::arg("k"), nb::arg("effort").none(), nb::arg("threads"),
           nb::arg("filter").none() = nb::none(), nb::arg("excluded").none() = nb::none())
      .def("search_rows", &search_rows, nb::arg("rows"), nb::arg("k"), nb::arg("include_self"),
           nb::arg("effort").none() = nb::none(), nb::arg("recall").none() = nb::none(), nb::arg("exact") = false,
           nb::arg("threads") = 0, nb::arg("filter").none() = nb::none(), nb::arg("excluded").none() = nb::none())
      .def("radius_search", &radius_search, nb::arg("queries"), nb::arg("radius"),
           nb::arg("effort").none() = nb::none(), nb::arg("recall").none() = nb::none(), nb::arg("exact") = false,
           nb::arg("threads") = 0, nb::arg("filter").none() = nb::none(), nb::arg("excluded").none() = nb::none(),
           nb::arg("k") = std::numeric_limits<std::size_t>::max())
      .def("search_sum", &search_sum, nb::arg("terms"), nb::arg("k"), nb::arg("effort").none() = nb::none(),
           nb::arg("exact") = false, nb::arg("threads") = 0, nb::arg("recall").none() = nb::none(),
           nb::arg("filter").none() = nb::none())
      .def("weighted_sum", &sum_of, nb::arg("terms"), nb::arg("vectors"), nb::arg("weights"));
}

}  // namespace nearabout

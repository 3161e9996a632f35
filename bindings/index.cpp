// An open index: searches, look-ups, and information about it.
#include <algorithm>
#include <span>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "base/aligned.h"
#include "bindings.h"
#include "descriptions.h"
#include "gil.h"
#include "index/registry.h"
#include "index/search_stats.h"
#include "index/stored_index.h"
#include "index/weighted_sum.h"
#include "result_arrays.h"
#include "search_one.h"
#include "storage/spelling.h"

namespace nearabout {
namespace {

using index::Request;
using index::Results;
using index::StoredIndex;
using index::WeightedRow;
using storage::KeyKind;
using IndexPointer = std::shared_ptr<StoredIndex>;

// Wraps an index. Python holds indexes as non-const; they have no method that changes them.
IndexPointer opened(std::shared_ptr<const storage::File> file) {
  return std::const_pointer_cast<StoredIndex>(StoredIndex::open(std::move(file)));
}

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
  request.monitor = python_monitor(nb::none());
  return request;
}

nb::object search(const StoredIndex& index, const AnyArray& queries, std::size_t k, std::optional<std::size_t> effort,
                  std::optional<double> recall, bool exact, std::size_t threads) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  const Request request = request_for(k, {effort, recall, exact, threads});
  ResultArrays arrays(view.rows, std::min(k, index.rows()));
  {
    const ReleasedGil released;
    Results results(view.rows, arrays.tables());
    index.searcher().search(view, request, results);
  }
  return arrays.take();
}

// Returns the work done by a search; nothing is counted if an exact scan answers.
nb::dict profile(const StoredIndex& index, const AnyArray& queries, std::size_t k, std::optional<std::size_t> effort,
                 std::size_t threads) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  index::SearchStats stats;
  Request request = request_for(k, {effort, {}, false, threads});
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
                       std::optional<std::size_t> effort, std::optional<double> recall, bool exact,
                       std::size_t threads) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, index.rows());
  const Request request = request_for(k, {effort, recall, exact, threads});
  const std::size_t others = index.rows() - (include_self || index.rows() == 0 ? 0 : 1);
  ResultArrays arrays(rows.size(), std::min(k, others));
  {
    const ReleasedGil released;
    Results results(rows.size(), arrays.tables());
    index.searcher().search_rows(rows, include_self, request, results);
  }
  return arrays.take();
}

nb::object radius_search(const StoredIndex& index, const AnyArray& queries, double radius,
                         std::optional<std::size_t> effort, std::optional<double> recall, bool exact,
                         std::size_t threads) {
  const MatrixView view = matrix_view(queries, index.dims(), query_element(index, queries));
  Request request = request_for(index.rows(), {effort, recall, exact, threads});
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
                                                       std::size_t threads, std::optional<double> recall) {
  const std::vector<WeightedRow> rows = weighted_rows(index, terms);
  std::vector<std::uint32_t> own;
  for (const WeightedRow& term : rows) own.push_back(term.row);
  const Request request =
      request_for(k > index.rows() ? index.rows() : k + own.size(), {effort, recall, exact, threads});
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
  for (std::size_t i = 0; i < results.count(0) && result.size() < k; ++i)
    if (std::find(own.begin(), own.end(), results.row(0, i)) == own.end())
      result.emplace_back(results.row(0, i), results.distance(0, i));
  return result;
}

const char* key_type(const StoredIndex& index) {
  switch (index.keys().kind()) {
    case KeyKind::strings:
      return "str";
    case KeyKind::integers:
      return "int";
    case KeyKind::none:
      break;
  }
  return "none";
}

// Returns the row of a key, or -1 if there is none. Without keys of its own, an index takes row numbers.
std::int64_t row_of(const StoredIndex& index, nb::handle key) {
  if (nb::isinstance<nb::str>(key)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(key.ptr(), &size);
    if (!text) {  // a lone surrogate is not in any file
      PyErr_Clear();
      return -1;
    }
    const auto row = index.keys().row_of(std::string_view(text, static_cast<std::size_t>(size)));
    return row ? std::int64_t{*row} : -1;
  }
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(key.ptr(), &overflow);
  if (number == -1 && PyErr_Occurred()) throw nb::python_error();
  if (overflow != 0) return -1;
  if (index.keys().kind() == KeyKind::none)
    return number >= 0 && static_cast<std::uint64_t>(number) < index.rows() ? number : -1;
  const auto row = index.keys().row_of(std::int64_t{number});
  return row ? std::int64_t{*row} : -1;
}

nb::object rows_of(const StoredIndex& index, const nb::sequence& keys) {
  std::vector<std::int64_t> rows;
  for (const nb::handle key : keys) rows.push_back(row_of(index, key));
  const std::size_t count = rows.size();
  return nb::cast(owned_array(std::move(rows), {count}));
}

nb::object string_key(const StoredIndex& index, std::size_t row) {
  const std::string_view key = index.keys().string_key(row);
  PyObject* text = PyUnicode_DecodeUTF8(key.data(), static_cast<Py_ssize_t>(key.size()), nullptr);
  if (!text) {
    PyErr_Clear();
    throw CorruptFileError(index.file().name() + ": the key of row " + std::to_string(row) + " is not valid UTF-8");
  }
  return nb::steal(text);
}

nb::object key_of(const StoredIndex& index, std::int64_t row) {
  if (row < 0 || static_cast<std::uint64_t>(row) >= index.rows())
    throw InvalidInputError("row " + std::to_string(row) + " has no key; the index has " +
                            std::to_string(index.rows()) + " rows");
  switch (index.keys().kind()) {
    case KeyKind::strings:
      return string_key(index, static_cast<std::size_t>(row));
    case KeyKind::integers:
      return nb::int_(index.keys().integer_key(static_cast<std::size_t>(row)));
    case KeyKind::none:
      break;
  }
  return nb::int_(row);
}

nb::object keys_of(const StoredIndex& index, const RowNumbers& numbers) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, index.rows());
  if (index.keys().kind() == KeyKind::strings) {
    nb::list keys;
    for (const std::uint32_t row : rows) keys.append(string_key(index, row));
    return keys;
  }
  std::vector<std::int64_t> keys;
  for (const std::uint32_t row : rows)
    keys.push_back(index.keys().kind() == KeyKind::integers ? index.keys().integer_key(row) : std::int64_t{row});
  return nb::cast(owned_array(std::move(keys), {rows.size()}));
}

// Converts to an array. NumPy has no bfloat16: its bit patterns are returned as uint16.
nb::object as_array(Element element, std::vector<std::byte> bytes, std::initializer_list<std::size_t> shape) {
  const auto [data, owner] = owned_by_capsule(std::move(bytes));
  nb::dlpack::dtype type = nb::dtype<float>();
  if (element == Element::f16) type = {static_cast<std::uint8_t>(nb::dlpack::dtype_code::Float), 16, 1};
  if (element == Element::bf16) type = nb::dtype<std::uint16_t>();
  if (element == Element::u8 || element == Element::bits) type = nb::dtype<std::uint8_t>();
  if (element == Element::i8) type = nb::dtype<std::int8_t>();
  return nb::cast(nb::ndarray<nb::numpy>(data, shape, owner, {}, type));
}

nb::object vectors(const StoredIndex& index, const RowNumbers& numbers) {
  const std::vector<std::uint32_t> rows = row_numbers(numbers, index.rows());
  const Element element = index.descriptor().element;
  const std::size_t bytes = row_bytes(element, index.dims());
  std::vector<std::byte> copied(rows.size() * bytes);
  index.searcher().copy_vectors(rows, copied.data());
  const std::size_t columns = element == Element::bits ? bytes : index.dims();
  return as_array(element, std::move(copied), {rows.size(), columns});
}

nb::list sections(const StoredIndex& index) {
  nb::list list;
  for (const storage::Section* part : index.file().current_sections()) {
    const storage::Section& section = *part;
    nb::dict entry;
    entry["name"] = section.name();
    entry["element"] = std::string(name_of(section.element()));
    entry["rows"] = section.shape().rows;
    entry["columns"] = section.shape().columns;
    entry["offset"] = section.offset();
    entry["bytes"] = section.length();
    list.append(entry);
  }
  return list;
}

// Returns the information that is specific to the index's kind.
nb::dict details(const StoredIndex& index) {
  nb::dict found = dict_of(index.searcher().describe());
  if (!index.searcher().effort()) return found;
  const std::optional<calibration::Calibration::Expected> expected =
      index.searcher().expected(10, index.searcher().default_effort(10));
  found["expected_recall"] = expected ? nb::cast(expected->recall) : nb::none();
  return found;
}

// Returns (unit, least, most, whether the most compares the vector of every row); None for a kind without an effort.
nb::object effort_range(const StoredIndex& index) {
  const index::EffortRange range = index.searcher().effort();
  if (!range) return nb::none();
  return nb::make_tuple(std::string(range.unit), range.min, range.max, range.exact_at_max);
}

IndexPointer from_bytes(const nb::bytes& image) {
  AlignedBytes copy = aligned_bytes(image.size(), storage::kPageAlignment);
  std::memcpy(copy.get(), image.data(), image.size());
  return opened(storage::File::from_memory(std::move(copy), image.size()));
}

nb::bytes to_bytes(const StoredIndex& index) {
  std::shared_ptr<const storage::File> image;
  {
    const ReleasedGil released;
    image = index.file().in_one_piece();
  }
  return nb::bytes(image->bytes().data(), image->size());
}

IndexPointer open_file(const std::string& path, bool mapped) {
  if (mapped) return opened(storage::File::open(path));
  const ReleasedGil released;
  return opened(storage::File::read(path));
}

void verify(const StoredIndex& index, nb::object monitor) {
  const Monitor watch = python_monitor(std::move(monitor));
  const ReleasedGil released;
  index.verify(watch);
}

void save(const StoredIndex& index, const std::string& path) {
  const Monitor watch = python_monitor(nb::none());
  const ReleasedGil released;
  index.file().save(path, watch);
}

}  // namespace

void bind_index(nb::module_& m) {
  nb::class_<StoredIndex> bound(m, "Index");
  bind_calibration(bound);

  bound.def_static("open", &open_file, nb::arg("path"), nb::arg("mapped") = true)
      .def_static("from_bytes", &from_bytes, nb::arg("image"))
      .def("to_bytes", &to_bytes)
      .def("save", &save, nb::arg("path"))
      .def_prop_ro("identity", [](const StoredIndex& index) { return index.file().identity(); })
      .def_prop_ro("mapped", [](const StoredIndex& index) { return index.file().mapped(); })
      .def_prop_ro(
          "kind", [](const StoredIndex& index) { return std::string(index::find_kind(index.descriptor().kind)->name); })
      .def_prop_ro("metric", [](const StoredIndex& index) { return std::string(name_of(index.descriptor().metric)); })
      .def_prop_ro("dtype", [](const StoredIndex& index) { return std::string(name_of(index.descriptor().element)); })
      .def_prop_ro("dims", [](const StoredIndex& index) { return index.dims(); })
      .def_prop_ro("key_type", &key_type)
      .def_prop_ro("path", [](const StoredIndex& index) { return index.file().path(); })
      .def_prop_ro("file_bytes", [](const StoredIndex& index) { return index.file().size(); })
      .def("__len__", [](const StoredIndex& index) { return index.rows(); })
      .def("metadata",
           [](const StoredIndex& index) {
             return std::string(index.file().section(storage::SectionId::metadata).text());
           })
      .def("sections", &sections)
      .def("verify", &verify, nb::arg("monitor") = nb::none())
      .def("search", &search, nb::arg("queries"), nb::arg("k"), nb::arg("effort").none() = nb::none(),
           nb::arg("recall").none() = nb::none(), nb::arg("exact") = false, nb::arg("threads") = 0)
      .def("search_single", &search_single, nb::arg("query").none(), nb::arg("k").none(), nb::arg("effort").none(),
           nb::arg("recall").none(), nb::arg("exact").none(), nb::arg("threads").none())
      .def("profile", &profile, nb::arg("queries"), nb::arg("k"), nb::arg("effort").none(), nb::arg("threads"))
      .def("search_rows", &search_rows, nb::arg("rows"), nb::arg("k"), nb::arg("include_self"),
           nb::arg("effort").none() = nb::none(), nb::arg("recall").none() = nb::none(), nb::arg("exact") = false,
           nb::arg("threads") = 0)
      .def("radius_search", &radius_search, nb::arg("queries"), nb::arg("radius"),
           nb::arg("effort").none() = nb::none(), nb::arg("recall").none() = nb::none(), nb::arg("exact") = false,
           nb::arg("threads") = 0)
      .def("search_sum", &search_sum, nb::arg("terms"), nb::arg("k"), nb::arg("effort").none() = nb::none(),
           nb::arg("exact") = false, nb::arg("threads") = 0, nb::arg("recall").none() = nb::none())
      .def("weighted_sum", &sum_of, nb::arg("terms"), nb::arg("vectors"), nb::arg("weights"))
      .def("details", &details)
      .def_prop_ro("effort_range", &effort_range)
      .def_prop_ro("counts_work", [](const StoredIndex& index) { return index.searcher().counts_work(); })
      .def("row_of", &row_of, nb::arg("key"))
      .def("rows_of", &rows_of, nb::arg("keys"))
      .def("key_of", &key_of, nb::arg("row"))
      .def("keys_of", &keys_of, nb::arg("rows"))
      .def("vectors", &vectors, nb::arg("rows"))
      .def(
          "similar_keys",
          [](const StoredIndex& index, const std::string& word, std::size_t count) {
            return storage::similar_keys(index.keys(), word, count);
          },
          nb::arg("word"), nb::arg("count"))
      .def(
          "keys_with",
          [](const StoredIndex& index, const std::string& text, std::size_t count) {
            return storage::keys_with(index.keys(), text, count);
          },
          nb::arg("text"), nb::arg("count"));
}

}  // namespace nearabout

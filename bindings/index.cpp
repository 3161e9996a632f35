// An open index: look-ups, and information about it.
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
#include "index/stored_index.h"
#include "storage/image_memory.h"
#include "storage/spelling.h"

namespace nearabout {
namespace {

using index::StoredIndex;
using storage::KeyKind;
using IndexPointer = std::shared_ptr<StoredIndex>;

// Wraps an index. Python holds indexes as non-const; they have no method that changes them.
IndexPointer opened(std::shared_ptr<const storage::File> file) {
  return std::const_pointer_cast<StoredIndex>(StoredIndex::open(std::move(file)));
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

nb::object batch_order(const StoredIndex& index) {
  std::vector<std::int64_t> order;
  {
    const ReleasedGil released;
    const std::vector<std::uint32_t> rows = index.searcher().batch_order();
    order.assign(rows.begin(), rows.end());
  }
  const std::size_t count = order.size();
  return nb::cast(owned_array(std::move(order), {count}));
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
  AlignedBytes copy = storage::image_memory(image.size());
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
  const Monitor watch = interruption_monitor();
  const ReleasedGil released;
  index.file().save(path, watch);
}

}  // namespace

void bind_index(nb::module_& m) {
  nb::class_<StoredIndex> bound(m, "Index");
  bind_searches(bound);
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
      .def("details", &details)
      .def_prop_ro("effort_range", &effort_range)
      .def_prop_ro("counts_work", [](const StoredIndex& index) { return index.searcher().counts_work(); })
      .def("row_of", &row_of, nb::arg("key"))
      .def("rows_of", &rows_of, nb::arg("keys"))
      .def("key_of", &key_of, nb::arg("row"))
      .def("keys_of", &keys_of, nb::arg("rows"))
      .def("vectors", &vectors, nb::arg("rows"))
      .def("batch_order", &batch_order)
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

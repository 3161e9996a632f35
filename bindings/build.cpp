// Builds an index from arrays and from rows in files.
#include <algorithm>
#include <cstring>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "base/threads.h"
#include "bindings.h"
#include "descriptions.h"
#include "gil.h"
#include "index/calibration/measure.h"
#include "index/registry.h"
#include "index/stored_index.h"
#include "rows.h"

namespace nearabout {
namespace {

// The keys as given, or a copy without those of skipped rows, in memory that outlives the builder.
class Keys {
 public:
  explicit Keys(const nb::object& keys) {
    if (keys.is_none()) return;
    if (nb::hasattr(keys, "blob") && nb::hasattr(keys, "offsets"))
      take_packed(keys);
    else if (nb::ndarray_check(keys))
      take_integers(nb::cast<RowNumbers>(keys));
    else
      take_strings(keys);
  }

  bool present() const { return kind_ != storage::KeyKind::none; }
  std::size_t size() const { return kind_ == storage::KeyKind::integers ? numbers_.size() : offsets_.size() - 1; }

  void leave_out(const std::vector<std::uint32_t>& skipped) {
    if (skipped.empty() || !present()) return;
    std::vector<std::int64_t> numbers;
    std::vector<std::byte> blob;
    std::vector<std::uint64_t> offsets{0};
    auto next = skipped.begin();
    for (std::size_t row = 0, rows = size(); row < rows; ++row) {
      if (next != skipped.end() && *next == row) {
        ++next;
      } else if (kind_ == storage::KeyKind::integers) {
        numbers.push_back(numbers_[row]);
      } else {
        blob.insert(blob.end(), blob_.begin() + static_cast<std::ptrdiff_t>(offsets_[row]),
                    blob_.begin() + static_cast<std::ptrdiff_t>(offsets_[row + 1]));
        offsets.push_back(blob.size());
      }
    }
    numbers_.swap(numbers);
    blob_.swap(blob);
    offsets_.swap(offsets);
  }

  storage::KeyMapBuilder builder() const {
    return kind_ == storage::KeyKind::integers ? storage::KeyMapBuilder::integers(numbers_)
                                               : storage::KeyMapBuilder::strings(blob_, offsets_);
  }

 private:
  void take_integers(const RowNumbers& numbers) {
    kind_ = storage::KeyKind::integers;
    numbers_.assign(numbers.data(), numbers.data() + numbers.shape(0));
  }

  void take_packed(const nb::object& keys) {
    using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
    using Offsets = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
    kind_ = storage::KeyKind::strings;
    const Bytes blob = nb::cast<Bytes>(keys.attr("blob"));
    const Offsets offsets = nb::cast<Offsets>(keys.attr("offsets"));
    offsets_.assign(offsets.data(), offsets.data() + offsets.shape(0));
    if (offsets_.empty() || offsets_.front() != 0 || offsets_.back() != blob.shape(0) ||
        !std::is_sorted(offsets_.begin(), offsets_.end()))
      throw InvalidInputError("packed keys need offsets that rise from 0 to the number of bytes");
    blob_.resize(blob.shape(0));
    if (!blob_.empty()) std::memcpy(blob_.data(), blob.data(), blob_.size());
  }

  void take_strings(const nb::object& keys) {
    kind_ = storage::KeyKind::strings;
    std::size_t row = 0;
    for (const nb::handle key : keys) {
      Py_ssize_t size = 0;
      const char* text = nb::isinstance<nb::str>(key) ? PyUnicode_AsUTF8AndSize(key.ptr(), &size) : nullptr;
      if (!text) {
        PyErr_Clear();
        throw InvalidInputError(
            "key " + std::to_string(row) +
            " is not a string that UTF-8 can hold; keys are all str (without lone surrogates) or all int");
      }
      const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(text));
      blob_.insert(blob_.end(), bytes, bytes + size);
      offsets_.push_back(blob_.size());
      ++row;
    }
  }

  storage::KeyKind kind_ = storage::KeyKind::none;
  std::vector<std::int64_t> numbers_;
  std::vector<std::byte> blob_;
  std::vector<std::uint64_t> offsets_{0};
};

Element element_named(const std::string& name) {
  if (const std::optional<Element> element = element_from_name(name)) return *element;
  throw InvalidInputError("dtype '" + name + "' is unknown");
}

metric::Metric metric_named(const std::string& name) {
  if (const std::optional<metric::Metric> metric = metric::metric_from_name(name)) return *metric;
  throw InvalidInputError("metric '" + name + "' is unknown");
}

// Returns the input. `kept` keeps an array alive for as long as the input is used.
index::InputRows input_of(const nb::object& vectors, std::size_t dims, Element element, std::optional<AnyArray>& kept) {
  if (nb::isinstance<RowsInFile>(vectors)) {
    const index::InputRows& input = nb::cast<const RowsInFile&>(vectors).input;
    if (input.dims() != dims || input.element() != element)
      throw InvalidInputError("the rows in the file have another dtype or other dims than were given");
    return input;
  }
  AnyArray array;
  if (!nb::try_cast(vectors, array)) throw nb::type_error("vectors must be an array or RowsInFile");
  kept = std::move(array);
  return matrix_view(*kept, dims, element);
}

index::Parameters parameters_of(const nb::dict& given) {
  index::Parameters parameters;
  for (const auto& [key, value] : given) {
    const std::string name = nb::cast<std::string>(key);
    if (nb::isinstance<nb::bool_>(value))
      parameters.set(name, nb::cast<bool>(value));
    else if (nb::isinstance<nb::int_>(value))
      parameters.set(name, nb::cast<std::uint64_t>(value));
    else if (nb::isinstance<nb::float_>(value))
      parameters.set(name, nb::cast<double>(value));
    else
      parameters.set(name, nb::cast<std::string>(value));
  }
  return parameters;
}

nb::tuple build(const std::string& kind_name, const nb::object& vectors, std::size_t dims, const std::string& dtype,
                const std::string& source_dtype, const std::string& metric, const nb::object& keys_given,
                const std::string& invalid, const std::optional<std::string>& path, const std::string& metadata,
                const nb::dict& given, std::size_t threads, std::size_t memory, bool calibrate, double recall,
                const std::optional<FloatMatrix>& queries, nb::object monitor) {
  const index::IndexKind& kind = index::kind_named(kind_name);
  const index::Parameters parameters = parameters_of(given);
  std::optional<AnyArray> kept;
  const index::InputRows input = input_of(vectors, dims, element_named(source_dtype), kept);
  Keys keys(keys_given);
  if (keys.present() && keys.size() != input.rows())
    throw InvalidInputError(std::to_string(keys.size()) + " keys were given for " + std::to_string(input.rows()) +
                            " vectors");
  if (invalid != "raise" && invalid != "skip")
    throw InvalidInputError("invalid is 'raise' or 'skip', not '" + invalid + "'");
  calibration::MeasureOptions measuring{calibrate, recall, {}};
  if (queries) measuring.queries = {queries->data(), queries->size()};
  const Monitor watch = python_monitor(std::move(monitor));

  std::shared_ptr<const index::StoredIndex> index;
  std::vector<std::int64_t> skipped;
  {
    const ReleasedGil released;
    const index::BuildOptions options = index::BuildOptions::within(memory, thread_count(threads), path.value_or(""));
    const index::ValidatedRows rows(input, element_named(dtype), metric_named(metric),
                                    invalid == "skip" ? index::InvalidRows::skip : index::InvalidRows::refuse,
                                    options.threads, subprogress(watch, 0.0, 0.2));
    keys.leave_out(rows.skipped());
    skipped.assign(rows.skipped().begin(), rows.skipped().end());
    storage::Writer writer = path ? storage::Writer::to_path(*path) : storage::Writer::to_memory();
    kind.write(writer, rows, {parameters, metadata, options, recall, measuring.queries}, subprogress(watch, 0.0, 0.9));
    calibration::measure(writer, rows, measuring, options, subprogress(watch, 0.9, 1.0));
    if (keys.present()) keys.builder().write(writer);
    rows.check_unchanged();
    index = index::StoredIndex::open(writer.finish());
  }
  const std::size_t count = skipped.size();
  return nb::make_tuple(std::const_pointer_cast<index::StoredIndex>(index), owned_array(std::move(skipped), {count}));
}

// Returns the sizes of a build that its cost depends on; empty for a kind that names none.
nb::dict planned(const std::string& kind_name, std::size_t rows, std::size_t dims, const nb::dict& given,
                 const std::string& metric, const std::string& dtype, double recall) {
  const index::IndexKind& kind = index::kind_named(kind_name);
  const index::PlannedBuild build{rows, dims, metric_named(metric), element_named(dtype), recall};
  return kind.planned ? dict_of(kind.planned(build, parameters_of(given))) : nb::dict();
}

}  // namespace

void bind_build(nb::module_& m) {
  m.def("kinds", &index::kind_names);
  m.def("planned", &planned, nb::arg("kind"), nb::arg("rows"), nb::arg("dims"), nb::arg("parameters"), nb::kw_only(),
        nb::arg("metric"), nb::arg("dtype"), nb::arg("recall") = calibration::kDefaultRecall);
  m.def("build", &build, nb::arg("kind"), nb::arg("vectors"), nb::kw_only(), nb::arg("dims"), nb::arg("dtype"),
        nb::arg("source_dtype"), nb::arg("metric"), nb::arg("keys").none(), nb::arg("invalid"), nb::arg("path").none(),
        nb::arg("metadata"), nb::arg("parameters"), nb::arg("threads") = 0, nb::arg("memory") = 0,
        nb::arg("calibrate") = true, nb::arg("recall") = calibration::kDefaultRecall,
        nb::arg("queries").none() = nb::none(), nb::arg("monitor") = nb::none());
}

}  // namespace nearabout

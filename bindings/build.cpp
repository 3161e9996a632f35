// Building an index from arrays and from rows in files.
#include <algorithm>
#include <cstring>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "base/threads.h"
#include "bindings.h"
#include "gil.h"
#include "index/calibration/measure.h"
#include "index/exact/exact.h"
#include "index/forest/forest.h"
#include "index/ivf/ivf.h"
#include "rows.h"

namespace nearabout {
namespace {

// Keys as they came, or a copy without the rows that were skipped; in memory that outlives the builder.
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

Metric metric_named(const std::string& name) {
  if (const std::optional<Metric> metric = metric_from_name(name)) return *metric;
  throw InvalidInputError("metric '" + name + "' is unknown");
}

// What an index of any kind is built from, as it came from Python.
struct BuildRequest {
  const nb::object& vectors;
  std::size_t dims;
  const std::string& dtype;
  const std::string& source_dtype;
  const std::string& metric;
  const nb::object& keys;
  const std::string& invalid;
  const std::optional<std::string>& path;
  const std::string& metadata;
  std::size_t threads;
  std::size_t memory;
  bool calibrate;
  double recall;
  const std::optional<FloatMatrix>& queries;

  MeasureOptions measuring() const {
    MeasureOptions options{calibrate, recall, {}};
    if (queries) options.queries = {queries->data(), queries->size()};
    return options;
  }
};

// An array is kept alive by `kept` for as long as the input is used.
InputRows input_of(const BuildRequest& request, std::optional<AnyArray>& kept) {
  const Element element = element_named(request.source_dtype);
  if (nb::isinstance<RowsInFile>(request.vectors)) {
    const InputRows& input = nb::cast<const RowsInFile&>(request.vectors).input;
    if (input.dims() != request.dims || input.element() != element)
      throw InvalidInputError("the rows in the file have another dtype or other dims than were given");
    return input;
  }
  AnyArray array;
  if (!nb::try_cast(request.vectors, array)) throw nb::type_error("vectors must be an array or RowsInFile");
  kept = std::move(array);
  return matrix_view(*kept, request.dims, element);
}

// The whole of a build but for what the kind itself adds: write(writer, source, options, monitor).
template <class Write>
nb::tuple build(const BuildRequest& request, nb::object monitor, const Write& write) {
  std::optional<AnyArray> kept;
  const InputRows input = input_of(request, kept);
  Keys keys(request.keys);
  if (keys.present() && keys.size() != input.rows())
    throw InvalidInputError(std::to_string(keys.size()) + " keys were given for " + std::to_string(input.rows()) +
                            " vectors");
  if (request.invalid != "raise" && request.invalid != "skip")
    throw InvalidInputError("invalid is 'raise' or 'skip', not '" + request.invalid + "'");
  const Monitor watch = python_monitor(std::move(monitor));

  std::shared_ptr<const Index> index;
  std::vector<std::int64_t> skipped;
  {
    const ReleasedGil released;
    const BuildOptions options =
        BuildOptions::within(request.memory, thread_count(request.threads), request.path.value_or(""));
    const ValidatedRows source(input, element_named(request.dtype), metric_named(request.metric),
                               request.invalid == "skip" ? InvalidRows::skip : InvalidRows::refuse, options.threads,
                               subprogress(watch, 0.0, 0.2));
    keys.leave_out(source.skipped());
    skipped.assign(source.skipped().begin(), source.skipped().end());
    storage::Writer writer = request.path ? storage::Writer::to_path(*request.path) : storage::Writer::to_memory();
    write(writer, source, options, subprogress(watch, 0.0, 0.9));
    measure(writer, source, request.measuring(), options, subprogress(watch, 0.9, 1.0));
    if (keys.present()) keys.builder().write(writer);
    source.check_unchanged();
    index = Index::open(writer.finish());
  }
  const std::size_t count = skipped.size();
  return nb::make_tuple(std::const_pointer_cast<Index>(index), owned_array(std::move(skipped), {count}));
}

// Defines the builder of a kind: write(writer, source, request, options, monitor, own...), where `Own` are the types
// of the arguments that only this kind takes and `named` their names.
template <class... Own, class Write, class... Named>
void define_builder(nb::module_& m, const char* name, const Write& write, const Named&... named) {
  m.def(
      name,
      [write](const nb::object& vectors, std::size_t dims, const std::string& dtype, const std::string& source_dtype,
              const std::string& metric, const nb::object& keys, const std::string& invalid,
              const std::optional<std::string>& path, const std::string& metadata, std::size_t threads,
              std::size_t memory, bool calibrate, double recall, const std::optional<FloatMatrix>& queries,
              nb::object monitor, const Own&... own) {
        const BuildRequest request{vectors, dims,     dtype,   source_dtype, metric,    keys,   invalid,
                                   path,    metadata, threads, memory,       calibrate, recall, queries};
        return build(request, std::move(monitor),
                     [&](storage::Writer& writer, const ValidatedRows& source, const BuildOptions& options,
                         const Monitor& watch) { write(writer, source, request, options, watch, own...); });
      },
      nb::arg("vectors"), nb::kw_only(), nb::arg("dims"), nb::arg("dtype"), nb::arg("source_dtype"), nb::arg("metric"),
      nb::arg("keys").none(), nb::arg("invalid"), nb::arg("path").none(), nb::arg("metadata"), nb::arg("threads") = 0,
      nb::arg("memory") = 0, nb::arg("calibrate") = true, nb::arg("recall") = kDefaultRecall,
      nb::arg("queries").none() = nb::none(), nb::arg("monitor") = nb::none(), named...);
}

}  // namespace

void bind_build(nb::module_& m) {
  define_builder(
      m, "build_exact",
      [](storage::Writer& writer, const ValidatedRows& source, const BuildRequest& request, const BuildOptions& options,
         const Monitor& monitor) { write_exact(writer, source, request.metadata, options, monitor); });
  define_builder<std::size_t, std::size_t, std::uint64_t>(
      m, "build_forest",
      [](storage::Writer& writer, const ValidatedRows& source, const BuildRequest& request, const BuildOptions& options,
         const Monitor& monitor, std::size_t trees, std::size_t leaf_size, std::uint64_t seed) {
        write_forest(writer, source, {trees, leaf_size, seed}, request.metadata, options, monitor);
      },
      nb::arg("trees"), nb::arg("leaf_size"), nb::arg("seed"));
  define_builder<std::size_t, std::size_t, std::size_t, std::uint64_t, bool, bool>(
      m, "build_ivf",
      [](storage::Writer& writer, const ValidatedRows& source, const BuildRequest& request, const BuildOptions& options,
         const Monitor& monitor, std::size_t lists, std::size_t code_bytes, std::size_t code_bits, std::uint64_t seed,
         bool refine, bool keep_vectors) {
        const IvfOptions own{lists,  code_bytes,   code_bits,      seed,
                             refine, keep_vectors, request.recall, request.measuring().queries};
        write_ivf(writer, source, own, request.metadata, options, monitor);
      },
      nb::arg("lists"), nb::arg("code_bytes"), nb::arg("code_bits"), nb::arg("seed"), nb::arg("refine"),
      nb::arg("keep_vectors"));
}

}  // namespace nearabout

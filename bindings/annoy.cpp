// AnnoyIndex of nearabout.annoy: methods that a program calls a million times are here, with their documentation for
// Python's help; the others are in annoy.py.
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include <nanobind/stl/string.h>

#include "annoy/index.h"
#include "annoy_vectors.h"
#include "arrays.h"
#include "base/threads.h"
#include "bindings.h"
#include "gil.h"

namespace nearabout {
namespace {

std::int32_t as_int32(nb::handle number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (value == -1 && PyErr_Occurred()) throw nb::python_error();
  using Limits = std::numeric_limits<std::int32_t>;
  if (overflow == 0 && value >= Limits::min() && value <= Limits::max()) return static_cast<std::int32_t>(value);
  PyErr_SetString(PyExc_OverflowError, overflow > 0 || value > 0 ? "signed integer is greater than maximum"
                                                                 : "signed integer is less than minimum");
  throw nb::python_error();
}

bool as_bool(nb::handle flag) {
  const int value = PyObject_IsTrue(flag.ptr());
  if (value < 0) throw nb::python_error();
  return value != 0;
}

nb::object list_of(const std::vector<std::int32_t>& items) {
  const nb::object list = nb::steal(PyList_New(static_cast<Py_ssize_t>(items.size())));
  if (!list.is_valid()) throw nb::python_error();
  for (std::size_t i = 0; i < items.size(); ++i)
    PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromLong(items[i]));
  return list;
}

nb::object list_of(const std::vector<float>& values) {
  const nb::object list = nb::steal(PyList_New(static_cast<Py_ssize_t>(values.size())));
  if (!list.is_valid()) throw nb::python_error();
  for (std::size_t i = 0; i < values.size(); ++i)
    PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(i), PyFloat_FromDouble(static_cast<double>(values[i])));
  return list;
}

// The index and its lock: any number of threads may search, and one may change it when none searches. Nobody waits for
// the lock while holding the GIL, because a build that holds the lock checks for Ctrl-C and so needs the GIL from time
// to time.
class AnnoyIndex {
 public:
  AnnoyIndex(nb::handle dims, const std::string& metric) : index_(space_named(metric), size_of(dims)) {}

  std::size_t dims() const { return index_.layout().dims; }
  std::string metric() const { return std::string(annoy::name_of(index_.layout().space)); }

  void add_item(nb::handle number, nb::handle vector) {
    const std::int32_t item = as_int32(number);
    if (item < 0) throw nb::index_error("Item index can not be negative");
    std::vector<float> values(dims());
    read_annoy_vector(vector, values);
    std::unique_lock lock(mutex_, std::try_to_lock);
    wait_for(lock);
    index_.add(static_cast<std::uint32_t>(item), values.data());
  }

  nb::object get_nns_by_item(nb::handle number, nb::handle n, nb::handle search_k, nb::handle include_distances) const {
    const std::int32_t item = as_int32(number);
    const std::int32_t count = as_int32(n);
    const std::int32_t effort = as_int32(search_k);
    const bool distances = as_bool(include_distances);
    annoy::Found found;
    {
      const ReleasedGil released;
      const std::shared_lock lock(mutex_);
      found = index_.neighbours_of_item(checked(item), count, effort);
    }
    return answer(found, distances);
  }

  nb::object get_nns_by_vector(nb::handle vector, nb::handle n, nb::handle search_k,
                               nb::handle include_distances) const {
    const std::int32_t count = as_int32(n);
    const std::int32_t effort = as_int32(search_k);
    const bool distances = as_bool(include_distances);
    std::vector<float> values(dims());
    read_annoy_vector(vector, values);
    annoy::Found found;
    {
      const ReleasedGil released;
      const std::shared_lock lock(mutex_);
      found = index_.neighbours_of_vector(values.data(), count, effort);
    }
    return answer(found, distances);
  }

  nb::object get_item_vector(nb::handle number) const {
    const std::int32_t item = as_int32(number);
    std::vector<float> values(dims());
    {
      const auto lock = reading();
      index_.copy_vector(checked(item), values.data());
    }
    return list_of(values);
  }

  double get_distance(nb::handle left, nb::handle right) const {
    const std::int32_t first = as_int32(left);
    const std::int32_t second = as_int32(right);
    const auto lock = reading();
    return static_cast<double>(index_.distance(checked(first), checked(second)));
  }

  std::size_t get_n_items() const {
    const auto lock = reading();
    return index_.item_count();
  }
  std::size_t get_n_trees() const {
    const auto lock = reading();
    return index_.tree_count();
  }
  std::size_t node_count() const {
    const auto lock = reading();
    return index_.node_count();
  }

  void set_seed(nb::handle seed) {
    const auto value = static_cast<std::uint64_t>(std::int64_t{as_int32(seed)});
    std::unique_lock lock(mutex_, std::try_to_lock);
    wait_for(lock);
    index_.set_seed(value);
  }

  void build(nb::handle n_trees, nb::handle n_jobs, nb::object monitor) {
    const int trees = as_int32(n_trees);
    const int jobs = as_int32(n_jobs);
    if (trees < annoy::kTreesToFit)
      throw InvalidInputError("n_trees is " + std::to_string(trees) +
                              "; give the number of trees, or -1 for as many as take the room of the items");
    if (jobs < -1 || jobs == 0)
      throw InvalidInputError("n_jobs is " + std::to_string(jobs) +
                              "; give the number of threads, or -1 for all cores");
    const Monitor watch = python_monitor(std::move(monitor));
    change([&] { index_.build(trees, thread_count(jobs < 0 ? 0 : static_cast<std::size_t>(jobs)), watch); });
  }

  void unbuild() {
    change([this] { index_.unbuild(); });
  }
  void unload() {
    change([this] { index_.unload(); });
  }
  void on_disk_build(const std::string& path) {
    change([&] { index_.build_on_disk(path); });
  }
  void save(const std::string& path, bool prefault) {
    change([&] { index_.save(path, prefault); });
  }
  void load(const std::string& path, bool prefault) {
    change([&] { index_.load(path, prefault); });
  }

  // Returns the numbers of the items that were added, and their vectors: float32, or packed bits.
  nb::tuple items() const {
    std::vector<std::int64_t> numbers;
    std::vector<float> floats;
    std::vector<std::uint8_t> bits;
    const bool packed = index_.layout().space == annoy::Space::hamming;
    {
      const ReleasedGil released;
      const std::shared_lock lock(mutex_);
      for (std::uint32_t item = 0; item < index_.item_count(); ++item)
        if (!index_.is_hole(item)) numbers.push_back(item);
      const std::size_t count = numbers.size();
      if (packed)
        bits.resize(count * row_bytes(Element::bits, dims()));
      else
        floats.resize(count * dims());
      auto* to = packed ? static_cast<void*>(bits.data()) : static_cast<void*>(floats.data());
      const std::size_t bytes = packed ? row_bytes(Element::bits, dims()) : dims() * sizeof(float);
      for (std::size_t row = 0; row < count; ++row)
        std::memcpy(static_cast<std::byte*>(to) + row * bytes,
                    index_.stored_vector(static_cast<std::uint32_t>(numbers[row])), bytes);
    }
    const std::size_t count = numbers.size();
    const nb::object vectors = packed
                                   ? nb::cast(owned_array(std::move(bits), {count, row_bytes(Element::bits, dims())}))
                                   : nb::cast(owned_array(std::move(floats), {count, dims()}));
    return nb::make_tuple(owned_array(std::move(numbers), {count}), vectors);
  }

 private:
  static annoy::Space space_named(const std::string& metric) {
    if (const auto space = annoy::space_from_name(metric)) return *space;
    throw InvalidInputError("No such metric: '" + metric + "'; give angular, euclidean, manhattan, hamming or dot");
  }

  static std::size_t size_of(nb::handle dims) {
    const std::int32_t count = as_int32(dims);
    if (count < 1) throw InvalidInputError("f is " + std::to_string(count) + "; a vector has at least 1 dimension");
    return static_cast<std::size_t>(count);
  }

  std::uint32_t checked(std::int32_t item) const {
    if (item < 0) throw nb::index_error("Item index can not be negative");
    if (static_cast<std::uint32_t>(item) >= index_.item_count())
      throw nb::index_error("Item index larger than the largest item index");
    return static_cast<std::uint32_t>(item);
  }

  static nb::object answer(const annoy::Found& found, bool distances) {
    if (!distances) return list_of(found.items);
    return nb::make_tuple(list_of(found.items), list_of(found.distances));
  }

  template <class Lock>
  static void wait_for(Lock& lock) {
    if (lock.owns_lock()) return;
    const ReleasedGil released;
    lock.lock();
  }

  std::shared_lock<std::shared_mutex> reading() const {
    std::shared_lock lock(mutex_, std::try_to_lock);
    wait_for(lock);
    return lock;
  }

  template <class Work>
  void change(const Work& work) {
    const ReleasedGil released;
    const std::unique_lock lock(mutex_);
    work();
  }

  annoy::Index index_;
  mutable std::shared_mutex mutex_;
};

constexpr const char* kAddItem = R"(Put `vector` in as item number `i`.

`i` is an integer, 0 to 2147483646; a number again replaces its vector. Memory is taken for all numbers up to the largest:
those left out are holes, which count in get_n_items() but are never found. `vector` is a sequence of f numbers: a list, a
tuple, a NumPy array of any type. Under hamming those above 0.5 are set bits.

Raises IndexError for a vector of another length or a negative `i`, TypeError for what is not numbers, InvalidInputError for an
index that is built or loaded.)";

constexpr const char* kByItem =
    R"(The `n` items nearest to item `i`, itself among them, nearest first: a list of item numbers.

`search_k` is how many items to look at, repetitions in several trees counted: more finds more of the true neighbours and
takes longer; -1 is n times the number of trees. With `include_distances`, a pair of lists: the items and their
distances. Any number of threads may ask at once.

Raises IndexError where there is no item `i`, CorruptFileError where the search meets damage in a loaded file.)";

constexpr const char* kByVector = R"(The `n` items nearest to `vector`, f numbers; otherwise as get_nns_by_item.)";

constexpr const char* kDistance =
    R"(The distance of items `i` and `j`: sqrt(2 - 2 cos) under angular, the inner product under
dot, the number of differing bits under hamming. Raises IndexError where there is no such item.)";

}  // namespace

void bind_annoy(nb::module_& m) {
  nb::class_<AnnoyIndex>(m, "AnnoyIndex")
      .def(nb::init<nb::handle, const std::string&>(), nb::arg("f"), nb::arg("metric"))
      .def_prop_ro("f", &AnnoyIndex::dims)
      .def_prop_ro("metric", &AnnoyIndex::metric)
      .def("add_item", &AnnoyIndex::add_item, nb::arg("i"), nb::arg("vector").none(), kAddItem)
      .def("get_nns_by_item", &AnnoyIndex::get_nns_by_item, nb::arg("i"), nb::arg("n"), nb::arg("search_k") = -1,
           nb::arg("include_distances") = false, kByItem)
      .def("get_nns_by_vector", &AnnoyIndex::get_nns_by_vector, nb::arg("vector").none(), nb::arg("n"),
           nb::arg("search_k") = -1, nb::arg("include_distances") = false, kByVector)
      .def("get_item_vector", &AnnoyIndex::get_item_vector, nb::arg("i"),
           "The vector of item `i`, a list of f floats. Raises IndexError where there is no such item.")
      .def("get_distance", &AnnoyIndex::get_distance, nb::arg("i"), nb::arg("j"), kDistance)
      .def("get_n_items", &AnnoyIndex::get_n_items, "The largest item number and one: holes count.")
      .def("get_n_trees", &AnnoyIndex::get_n_trees, "How many trees there are; 0 before build().")
      .def("set_seed", &AnnoyIndex::set_seed, nb::arg("seed"),
           "Choose other trees, by an int32. The same seed gives the same trees, whatever n_jobs is.")
      .def("_node_count", &AnnoyIndex::node_count)
      .def("_build", &AnnoyIndex::build, nb::arg("n_trees"), nb::arg("n_jobs"), nb::arg("monitor").none())
      .def("_unbuild", &AnnoyIndex::unbuild)
      .def("_unload", &AnnoyIndex::unload)
      .def("_on_disk_build", &AnnoyIndex::on_disk_build, nb::arg("path"))
      .def("_save", &AnnoyIndex::save, nb::arg("path"), nb::arg("prefault"))
      .def("_load", &AnnoyIndex::load, nb::arg("path"), nb::arg("prefault"))
      .def("_items", &AnnoyIndex::items);
}

}  // namespace nearabout

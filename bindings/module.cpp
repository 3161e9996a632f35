#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "index/tuning.h"
#include "kernels/kernels.h"

namespace {

// Throws an exception so that the runtime linked into this module allocates its tables: it aborts if the first
// exception that it handles is the end of a thread (gil.h).
void make_ready_for_exceptions() {
  struct First {};
  try {
    throw First{};
  } catch (const First&) {
  }
}

}  // namespace

NB_MODULE(_core, m) {
  namespace kernels = nearabout::kernels;
  make_ready_for_exceptions();
  // A daemon thread that outlives the interpreter keeps its references: that is not a leak to report to the user.
  nanobind::set_leak_warnings(false);
  m.doc() = "The compiled core of nearabout. Private: use the nearabout package.";
  nearabout::bind_errors(m);
  nearabout::bind_index(m);
  nearabout::bind_filters(m);
  nearabout::bind_build(m);
  nearabout::bind_neighbors(m);
  nearabout::bind_quantizers(m);
  nearabout::bind_rows(m);
  nearabout::bind_text(m);
  nearabout::bind_annoy(m);
  m.def("version", [] { return std::string(NEARABOUT_VERSION); });
  m.def("isa", [] { return std::string(kernels::table().name); });
  m.def("machine_family", [] { return std::string(nearabout::index::machine_family().name); });
  m.def("families", [] {
    std::vector<std::string> names;
    for (const nearabout::index::Family& family : nearabout::index::families()) names.emplace_back(family.name);
    return names;
  });
  m.def("available_isas", [] {
    std::vector<std::string> names;
    for (const kernels::Table* table : kernels::available_tables()) names.emplace_back(table->name);
    return names;
  });
}

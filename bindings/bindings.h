// One function per file of bindings; module.cpp calls them all.
#pragma once

#include <nanobind/nanobind.h>

#include "base/monitor.h"

namespace nearabout::index {
class StoredIndex;
}  // namespace nearabout::index

namespace nearabout {

void bind_errors(nanobind::module_& m);
void bind_index(nanobind::module_& m);
void bind_filters(nanobind::module_& m);
void bind_searches(nanobind::class_<index::StoredIndex>& index);
void bind_calibration(nanobind::class_<index::StoredIndex>& index);
void bind_build(nanobind::module_& m);
void bind_neighbors(nanobind::module_& m);
void bind_quantizers(nanobind::module_& m);
void bind_rows(nanobind::module_& m);
void bind_text(nanobind::module_& m);
void bind_annoy(nanobind::module_& m);

// Returns a monitor that checks for Ctrl-C (and other pending work of the interpreter) and then calls `callable`, which
// may be None. It acquires the GIL itself: use it where the GIL was released.
Monitor python_monitor(nanobind::object callable);
// Returns one that only checks for Ctrl-C. It takes no memory, so that a search may have one.
Monitor interruption_monitor();

}  // namespace nearabout

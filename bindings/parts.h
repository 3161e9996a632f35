// One function per file of bindings; module.cpp calls them all.
#pragma once

#include <nanobind/nanobind.h>

namespace nearabout {

void bind_text(nanobind::module_& m);

}  // namespace nearabout

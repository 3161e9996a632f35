// Named values of the core as a dict.
#pragma once

#include <nanobind/nanobind.h>

#include "index/description.h"

namespace nearabout {

nanobind::dict dict_of(const index::Description& description);

}  // namespace nearabout

#pragma once

#include <nanobind/nanobind.h>

namespace nearabout::index {
class StoredIndex;
}  // namespace nearabout::index

namespace nearabout {

// Returns rows, distances, the effort, whether the query is unlike those of calibration and the number of neighbours
// that was looked for, if the arguments have the usual types and are valid; None if they need the general path, which
// also reports what is wrong.
nanobind::object search_single(const index::StoredIndex& index, nanobind::handle query, nanobind::handle k,
                               nanobind::handle effort, nanobind::handle recall, nanobind::handle exact,
                               nanobind::handle threads, nanobind::handle filter, nanobind::handle excluded);

}  // namespace nearabout

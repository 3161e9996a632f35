#pragma once

#include <nanobind/nanobind.h>

namespace nearabout {

class StoredIndex;

// Rows, distances, the effort and whether the query is unlike those of the calibration, where the arguments are of the
// usual types and nothing can be wrong with them; None where somebody has to look closer, and to tell what is wrong.
nanobind::object search_single(const StoredIndex& index, nanobind::handle query, nanobind::handle k,
                               nanobind::handle effort, nanobind::handle recall, nanobind::handle exact,
                               nanobind::handle threads);

}  // namespace nearabout

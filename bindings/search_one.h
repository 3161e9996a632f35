#pragma once

#include <nanobind/nanobind.h>

namespace nearabout::index {
class StoredIndex;
}  // namespace nearabout::index

namespace nearabout {

// The arguments of a search for one query, as Python has them.
struct SingleArguments {
  nanobind::handle query, k, effort, recall, exact, threads, filter, excluded;
};

// Returns rows, distances, the number of hits, the effort, whether the query is unlike those of calibration and the
// number of neighbours that was looked for, if the arguments have the usual types and are valid; None if they need the
// general path, which also reports what is wrong. For a query of shape (1, dims) the first three are arrays of a batch.
nanobind::object search_single(const index::StoredIndex& index, const SingleArguments& given);

}  // namespace nearabout

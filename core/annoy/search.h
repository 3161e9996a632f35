// Nearest neighbours from the trees of an Annoy file, in the order in which Annoy itself finds them.
//
// The rules are those of `_get_all_nns` in annoylib.h 1.17.3: one queue for all trees, best margin first, ties by the
// higher node number; items are gathered until `search_k` have been seen, counting repetitions, and are then sorted by
// (distance, item). Distances come from the batch kernels and are more accurate than a sum of float32: results are the
// same except where two distances differ by less than float32 resolves.
//
// Files are not trusted, but they are not read through when opened either: that would cost a second per gigabyte, for
// files that are mapped because they are large. Instead every number is checked when it is followed, which adds no
// measurable time to a query, and a search takes no more steps than there are nodes, so that it always terminates. (In
// a forest no node has two parents; a search that runs longer has found a cycle.)
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "annoy/trees.h"

namespace nearabout::annoy {

struct Found {
  std::vector<std::int32_t> items;
  std::vector<float> distances;
};

// Work space of one search, reused by the next one.
struct Scratch {
  std::vector<std::pair<float, std::int32_t>> queue;
  std::vector<std::uint64_t> seen;  // one bit per item, all zero between searches
  std::vector<std::uint32_t> candidates;
  std::vector<double> query;
  std::vector<double> distances;
  std::vector<double> sorted;
  std::vector<std::pair<float, std::int32_t>> ranked;
};

// A pool of work spaces for any number of threads.
class ScratchPool {
 public:
  std::unique_ptr<Scratch> take();
  void give_back(std::unique_ptr<Scratch> scratch);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

// Searches the trees. `vector` is aligned and has the layout's vector_bytes. A negative `count` returns everything
// found; `search_k` -1 means count times the number of trees, any other negative value everything. Throws
// CorruptFileError.
Found search(const Trees& trees, const std::byte* vector, std::int64_t count, std::int64_t search_k, Scratch& scratch);

// Returns the distance of two items, as Annoy's get_distance: the inner product under dot, sqrt(2 - 2 cos) under
// angular.
float distance(const Trees& trees, std::uint32_t left, std::uint32_t right);

}  // namespace nearabout::annoy

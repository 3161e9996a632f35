#include "index/registry.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "index/exact/exact.h"
#include "index/forest/forest.h"
#include "index/graph/graph.h"
#include "index/ivf/ivf.h"
#include "index/kdtree/kdtree.h"

namespace nearabout::index {
namespace {

// Never destroyed: daemon threads of Python build and open indexes until the process ends.
std::vector<IndexKind>& kinds() {
  static auto& all = *new std::vector<IndexKind>{
      exact::exact_kind(), forest::forest_kind(), ivf::ivf_kind(), graph::graph_kind(), kdtree::kdtree_kind(),
  };
  return all;
}

}  // namespace

void register_kind(const IndexKind& kind) {
  for (const IndexKind& known : kinds())
    if (known.number == kind.number || known.name == kind.name)
      throw InvalidInputError("the kind " + std::string(kind.name) + " has the number or the name of " +
                              std::string(known.name));
  kinds().push_back(kind);
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const IndexKind& kind : kinds()) names.emplace_back(kind.name);
  return names;
}

const IndexKind* find_kind(std::uint64_t number) {
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const auto& k) { return k.number == number; });
  return found == kinds().end() ? nullptr : &*found;
}

const IndexKind& kind_named(std::string_view name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const auto& k) { return k.name == name; });
  if (found == kinds().end()) throw InvalidInputError("there is no kind '" + std::string(name) + "'");
  return *found;
}

}  // namespace nearabout::index

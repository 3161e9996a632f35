// The k-d tree's entry in the registry, and its description.
#include "index/kdtree/kdtree.h"
#include "index/registry.h"

namespace nearabout::kdtree {
namespace {

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const KdTreeIndex>(file, descriptor);
}

KdTreeOptions options_of(const index::Parameters& given) {
  given.expect({"leaf_size", "epsilon"});
  return {given.integer("leaf_size"), given.number("epsilon")};
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  write_kdtree(writer, rows, options_of(build.parameters), build.metadata, build.options, monitor);
}

index::Description planned(const index::PlannedBuild& build, const index::Parameters& parameters) {
  const TreeShape shape(build.rows, options_of(parameters).leaf_size);
  const TreeSpace space(build.metric, build.dims, 1);
  return {
      {"leaves", {std::uint64_t{shape.leaves()}}},
      {"nodes", {std::uint64_t{shape.nodes()}}},
      {"tree_dims", {std::uint64_t{space.dims()}}},
      {"build_bytes", {std::uint64_t{planned_bytes(build.rows, space.dims())}}},
  };
}

}  // namespace

index::IndexKind kdtree_kind() { return {kKdTreeNumber, "kdtree", open, write, nullptr, planned}; }

index::Description KdTreeIndex::describe() const {
  return {
      {"leaf_size", {std::uint64_t{layout_.shape.leaf_size()}}},
      {"leaves", {std::uint64_t{layout_.shape.leaves()}}},
      {"tree_levels", {std::uint64_t{layout_.shape.levels()}}},
      {"epsilon", {layout_.epsilon}},
  };
}

}  // namespace nearabout::kdtree

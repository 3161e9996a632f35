// The forest's entry in the registry, and its description.
#include "index/forest/forest.h"
#include "index/registry.h"
#include "quantize/learning_size.h"

namespace nearabout::forest {
namespace {

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const ForestIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  const index::Parameters& given = build.parameters;
  given.expect({"trees", "leaf_size", "seed", "byte_rows"});
  const ForestOptions options{given.integer("trees"), given.integer("leaf_size"), given.integer("seed"),
                              given.flag("byte_rows")};
  write_forest(writer, rows, options, build.metadata, build.options, monitor);
}

index::Description planned(const index::PlannedBuild& build, const index::Parameters&) {
  const quantize::LearningSize size = quantize::sketch_learning(build.rows, build.dims);
  return {
      {"sample_rows", {std::uint64_t{size.sample_rows}}},
      {"max_directions", {std::uint64_t{size.max_directions}}},
  };
}

}  // namespace

index::IndexKind forest_kind() { return {kForestNumber, "forest", open, write, nullptr, planned}; }

index::Description ForestIndex::describe() const {
  return {
      {"trees", {std::uint64_t{layout_.trees}}},
      {"leaf_size", {std::uint64_t{layout_.leaf_size}}},
      {"seed", {layout_.seed}},
      {"sketch_bytes", {std::uint64_t{layout_.sketch.width()}}},
  };
}

}  // namespace nearabout::forest

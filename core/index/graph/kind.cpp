// The graph's entry in the registry, and its description.
#include "index/distance_source.h"
#include "index/graph/graph.h"
#include "index/graph/learn.h"
#include "index/registry.h"

namespace nearabout::graph {
namespace {

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const GraphIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  const index::Parameters& given = build.parameters;
  given.expect({"degree", "alpha", "code_bits", "seed", "keep_vectors"});
  const GraphOptions options{given.integer("degree"), given.number("alpha"), given.integer("code_bits"),
                             given.integer("seed"),   build.recall,          given.flag("keep_vectors")};
  write_graph(writer, rows, options, build.metadata, build.options, monitor);
}

index::Description planned(const index::PlannedBuild& build, const index::Parameters& parameters) {
  const quantize::LearningSize size = direction_learning(build.rows, build.dims);
  return {
      {"degree", {std::uint64_t{parameters.integer("degree")}}},
      {"sample_rows", {std::uint64_t{size.sample_rows}}},
      {"max_directions", {std::uint64_t{size.max_directions}}},
  };
}

}  // namespace

index::IndexKind graph_kind() { return {kGraphNumber, "graph", open, write, index::may_lack_vectors, planned}; }

index::Description GraphIndex::describe() const {
  return {
      {"nodes", {std::uint64_t{layout_.node_count()}}},
      {"degree", {std::uint64_t{layout_.degree}}},
      {"alpha", {layout_.alpha}},
      {"entries", {std::uint64_t{layout_.entries.nodes.size()}}},
      {"code_directions", {std::uint64_t{layout_.shape().directions}}},
      {"code_bits", {std::uint64_t{layout_.shape().bits}}},
      {"node_bytes", {std::uint64_t{layout_.format.size()}}},
      {"seed", {layout_.seed}},
      {"distance_source",
       {std::string(name_of(keeps_vectors() ? index::DistanceSource::vectors : index::DistanceSource::int8))}},
      {"keeps_vectors", {keeps_vectors()}},
  };
}

}  // namespace nearabout::graph

// The exact kind in the registry.
#include "index/exact/exact.h"
#include "index/registry.h"
#include "quantize/learning_size.h"

namespace nearabout::exact {
namespace {

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const ExactIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  build.parameters.expect({"byte_rows", "rough"});
  write_exact(writer, rows, {build.parameters.flag("byte_rows"), build.parameters.flag("rough")}, build.metadata,
              build.options, monitor);
}

// Returns the sizes of the screen, which every kind with vectors has.
index::Description planned(const index::PlannedBuild& build, const index::Parameters&) {
  const quantize::LearningSize size = quantize::screen_learning(build.rows, build.dims);
  return {
      {"screened", {size.sample_rows > 0}},
      {"sample_rows", {std::uint64_t{size.sample_rows}}},
      {"max_directions", {std::uint64_t{size.max_directions}}},
  };
}

}  // namespace

index::IndexKind exact_kind() { return {kExactNumber, "exact", open, write, nullptr, planned}; }

}  // namespace nearabout::exact

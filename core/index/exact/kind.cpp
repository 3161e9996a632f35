// The exact kind in the registry.
#include "index/exact/exact.h"
#include "index/registry.h"

namespace nearabout {
namespace {

std::unique_ptr<const Searcher> open(const storage::File& file, const Descriptor& descriptor) {
  return std::make_unique<const ExactIndex>(file, descriptor);
}

void write(storage::Writer& writer, const ValidatedRows& rows, const KindBuild& build, const Monitor& monitor) {
  build.parameters.expect({});
  write_exact(writer, rows, build.metadata, build.options, monitor);
}

}  // namespace

IndexKind exact_kind() { return {kExactNumber, "exact", open, write}; }

}  // namespace nearabout

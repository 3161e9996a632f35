// The entry of hashing in the registry, and its description.
#include "index/lsh/lsh.h"
#include "index/registry.h"

namespace nearabout::lsh {
namespace {

LshOptions options_of(const index::Parameters& given) {
  given.expect({"hashing", "bits", "tables", "seed"});
  return {given.text("hashing"), given.integer("bits"), given.integer("tables"), given.integer("seed")};
}

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const LshIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  write_lsh(writer, rows, options_of(build.parameters), build.metadata, build.options, monitor);
}

index::Description planned(const index::PlannedBuild& build, const index::Parameters& parameters) {
  const HashSettings settings = settle_options(options_of(parameters), build.metric, build.rows, build.dims);
  const bool learns = settings.hashing == Hashing::itq;
  const std::size_t sample = settings.hashing == Hashing::bits ? 0 : std::min(build.rows, quantize::kPlaneSampleRows);
  return {
      {"bits", {std::uint64_t{settings.bits}}},
      {"all_bits", {std::uint64_t{settings.all_bits()}}},
      {"tables", {std::uint64_t{settings.tables}}},
      {"sample_rows", {std::uint64_t{sample}}},
      {"max_directions", {std::uint64_t{learns ? std::min({settings.bits, build.dims, sample}) : 0}}},
  };
}

}  // namespace

index::IndexKind lsh_kind() { return {kLshNumber, "lsh", open, write, nullptr, planned}; }

index::Description LshIndex::describe() const {
  std::uint64_t buckets = 0;
  for (const HashTable& table : layout_.tables) buckets += table.buckets;
  return {
      {"hashing", {std::string(name_of(layout_.settings.hashing))}},
      {"bits", {std::uint64_t{layout_.settings.bits}}},
      {"tables", {std::uint64_t{layout_.settings.tables}}},
      {"buckets", {buckets}},
      {"seed", {layout_.settings.seed}},
  };
}

}  // namespace nearabout::lsh

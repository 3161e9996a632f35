// The entry of lists of codes in the registry, and their description.
#include <string>

#include "index/ivf/clustering.h"
#include "index/ivf/ivf.h"
#include "index/ivf/layout.h"
#include "index/ivf/learn.h"
#include "index/registry.h"

namespace nearabout::ivf {
namespace {

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const IvfIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  const index::Parameters& given = build.parameters;
  given.expect(
      {"lists", "code_bytes", "code_bits", "seed", "refine", "keep_vectors", "byte_rows", "family", "workload"});
  const IvfOptions options{given.integer("lists"),
                           given.integer("code_bytes"),
                           given.integer("code_bits"),
                           given.integer("seed"),
                           given.flag("refine"),
                           given.flag("keep_vectors"),
                           given.flag("byte_rows"),
                           {&index::family_named(given.text("family")), index::workload_named(given.text("workload"))},
                           build.recall,
                           build.queries};
  write_ivf(writer, rows, options, build.metadata, build.options, monitor);
}

// Returns true for a file that says that distances are computed from codes.
bool may_lack_vectors(const storage::File& file) { return file.has(storage::SectionId::distance_source); }

index::Description planned(std::size_t rows, std::size_t dims, const index::Parameters& parameters) {
  const std::size_t lists = lists_for(rows, parameters.integer("lists"));
  const quantize::LearningSize size = direction_learning(rows, dims);
  return {
      {"lists", {std::uint64_t{lists}}},
      {"block_rows", {std::uint64_t{kernels::kBlockRows}}},
      {"sample_rows", {std::uint64_t{size.sample_rows}}},
      {"max_directions", {std::uint64_t{size.max_directions}}},
      {"clustered_rows", {std::uint64_t{clustered_rows(rows, lists)}}},
      {"projected_rows", {std::uint64_t{projected_rows(clustered_rows(rows, lists))}}},
  };
}

}  // namespace

index::IndexKind ivf_kind() { return {kIvfNumber, "ivf", open, write, may_lack_vectors, planned}; }

index::Description IvfIndex::describe() const {
  index::Description curves;
  for (std::size_t place = 0; place < calibration::kCalibratedK.size(); ++place) {
    index::DescribedList curve;
    for (const CurvePoint& point : layout_->curves.points[place])
      curve.push_back({index::DescribedList{{point.recall}, {point.probes}, {point.depth}}});
    curves.emplace_back(std::to_string(calibration::kCalibratedK[place]), index::DescribedValue{std::move(curve)});
  }
  return {
      {"lists", {std::uint64_t{layout_->list_count()}}},
      {"code_directions", {std::uint64_t{layout_->shape().directions}}},
      {"code_bits", {std::uint64_t{layout_->shape().bits}}},
      {"code_bytes", {std::uint64_t{layout_->shape().bytes()}}},
      {"seed", {layout_->seed}},
      {"family", {std::string(layout_->tuning.family->name)}},
      {"workload", {std::string(index::name_of(layout_->tuning.workload))}},
      {"curves", {std::move(curves)}},
      {"distance_source", {std::string(name_of(distance_source()))}},
      {"keeps_vectors", {keeps_vectors()}},
  };
}

}  // namespace nearabout::ivf

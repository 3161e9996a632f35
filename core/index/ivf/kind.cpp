// The entry of lists of codes in the registry, and their description.
#include <optional>
#include <string>

#include "base/error.h"
#include "index/ivf/byte_rows_choice.h"
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

std::optional<bool> byte_rows_of(const std::string& text) {
  if (text == "auto") return std::nullopt;
  if (text == "on" || text == "off") return text == "on";
  throw InvalidInputError("byte_rows is \"" + text + "\"; pass \"auto\", \"on\" or \"off\"");
}

IvfOptions options_of(const index::Parameters& given, double recall) {
  IvfOptions options{given.integer("lists"),
                     given.integer("code_bytes"),
                     given.integer("code_bits"),
                     given.integer("seed"),
                     given.flag("refine"),
                     given.flag("keep_vectors"),
                     byte_rows_of(given.text("byte_rows")),
                     given.flag("quick"),
                     {&index::family_named(given.text("family")), index::workload_named(given.text("workload"))},
                     recall};
  options.code_family = family_of_codes(given.text("code_family"));
  options.code_cells = given.integer("code_cells");
  options.residual = given.flag("residual");
  return options;
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  build.parameters.expect({"lists", "code_bytes", "code_bits", "seed", "refine", "keep_vectors", "byte_rows", "quick",
                           "family", "workload", "code_family", "code_cells", "residual"});
  IvfOptions options = options_of(build.parameters, build.recall);
  options.queries = build.queries;
  write_ivf(writer, rows, options, build.metadata, build.options, monitor);
}

index::Description planned(const index::PlannedBuild& build, const index::Parameters& parameters) {
  const IvfOptions options = options_of(parameters, build.recall);
  const std::size_t lists = lists_for(build.rows, options.lists);
  const std::size_t clustered = clustered_rows(build.rows, lists);
  const quantize::LearningSize size = direction_learning(build.rows, build.dims);
  return {
      {"lists", {std::uint64_t{lists}}},
      {"block_rows", {std::uint64_t{kernels::kBlockRows}}},
      {"sample_rows", {std::uint64_t{size.sample_rows}}},
      {"max_directions", {std::uint64_t{size.max_directions}}},
      {"clustered_rows", {std::uint64_t{clustered}}},
      {"projected_rows", {std::uint64_t{projected_rows(clustered)}}},
      {"byte_rows", {stores_byte_rows({build.rows, build.dims, build.element, build.metric}, options)}},
  };
}

}  // namespace

index::IndexKind ivf_kind() { return {kIvfNumber, "ivf", open, write, index::may_lack_vectors, planned}; }

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
      {"code_family", {std::string(name_of(layout_->code_family))}},
      {"code_parts", {std::uint64_t{layout_->shape().parts}}},
      {"code_cells", {std::uint64_t{layout_->codes.cells()}}},
      {"residual", {layout_->residual}},
      {"code_directions", {std::uint64_t{layout_->shape().directions}}},
      {"code_bits", {std::uint64_t{layout_->shape().bits}}},
      {"code_bytes", {std::uint64_t{layout_->shape().bytes()}}},
      {"seed", {layout_->seed}},
      {"family", {std::string(layout_->tuning.family->name)}},
      {"workload", {std::string(index::name_of(layout_->tuning.workload))}},
      {"curves", {std::move(curves)}},
      {"distance_source", {std::string(index::name_of(distance_source()))}},
      {"keeps_vectors", {keeps_vectors()}},
  };
}

}  // namespace nearabout::ivf

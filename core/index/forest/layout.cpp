// Reads a forest from its file: see docs/explanation/file-format.md.
#include "index/forest/layout.h"

#include <string>

#include "base/error.h"
#include "index/calibration/residuals.h"
#include "index/forest/nodes.h"
#include "index/verify.h"
#include "quantize/sketch_file.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout::forest {
namespace {

using storage::File;
using storage::Section;
using storage::SectionId;
using transform::CodeSpace;

enum Field : std::size_t {
  kTrees,
  kLeafSize,
  kSeed,
  kFallbackEffort,
  kFields
};  // followed by the number of nodes of each level

// Reads the levels of nodes, from the leaves up. Returns the number of all nodes.
std::uint64_t read_levels(const File& file, ForestLayout& layout) {
  const Section& header = file.section(SectionId::tree_header);
  const std::uint64_t columns = header.shape().columns;
  if (columns <= kFields || columns > kFields + kMaxLevels)
    storage::throw_count(file, header, 0, "one to " + std::to_string(kMaxLevels) + " levels", columns - kFields);
  header.expect(Element::u64, {1, columns});
  const std::span<const std::uint64_t> values = header.all<std::uint64_t>();
  if (values[kTrees] == 0 || values[kTrees] > kMaxTrees)
    storage::throw_count(file, header, kTrees, "trees", values[kTrees]);
  layout.trees = values[kTrees];
  layout.leaf_size = values[kLeafSize];
  layout.seed = values[kSeed];
  layout.fallback_effort = values[kFallbackEffort];
  if (layout.fallback_effort == 0 || layout.fallback_effort > layout.descriptor.rows)
    storage::throw_count(file, header, kFallbackEffort, "an effort up to the number of rows", layout.fallback_effort);

  const Section& nodes = file.section(SectionId::tree_nodes);
  std::uint64_t begin = 0;  // first node of this level among all nodes
  std::uint64_t below = layout.trees * std::uint64_t{layout.descriptor.rows};
  for (std::size_t level = 0; level + kFields < columns; ++level) {
    const std::uint64_t count = values[kFields + level];
    if (count == 0 || count > below)
      storage::throw_count(file, header, kFields + level, "fewer nodes than below", count);
    const std::uint64_t first = begin + level;  // each level has one more number than it has nodes
    const std::span<const std::uint64_t> firsts = nodes.items<std::uint64_t>(first, count + 1);
    for (std::size_t i = 0; i < count; ++i)
      if (firsts[i] >= firsts[i + 1]) storage::throw_count(file, nodes, first + i, "less than the next", firsts[i]);
    if (firsts[0] != 0) storage::throw_count(file, nodes, first, "0", firsts[0]);
    if (firsts[count] != below) storage::throw_count(file, nodes, first + count, std::to_string(below), firsts[count]);
    layout.levels.push_back({firsts, begin});
    begin += count;
    below = count;
  }
  nodes.expect(Element::u64, {begin + layout.levels.size(), 1});
  return begin;
}

std::vector<calibration::GroupResiduals> read_residuals(const File& file, const StoredLevel& leaves) {
  const Section& residuals = file.section(SectionId::leaf_residuals);
  residuals.expect(Element::f32, {calibration::kResidualNumbers, leaves.nodes()});
  const std::span<const float> numbers = storage::finite_floats(file, residuals);
  std::vector<std::uint32_t> rows;
  for (std::size_t leaf = 0; leaf < leaves.nodes(); ++leaf)
    rows.push_back(static_cast<std::uint32_t>(leaves.firsts[leaf + 1] - leaves.firsts[leaf]));
  return calibration::residuals_of(numbers, rows);
}

const Section* expected(const File& file, SectionId id, Element element, const storage::Shape& shape) {
  const Section& section = file.section(id);
  section.expect(element, shape);
  return &section;
}

}  // namespace

ForestLayout read_forest_layout(const File& file, const index::Descriptor& descriptor) {
  const std::optional<CodeSpace> space = transform::search_space_of(descriptor.metric);
  if (!space)
    throw CorruptFileError(file.name() + " is corrupt: it claims to be a forest with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which forests do not support. Copy or build it again.");
  ForestLayout layout;
  layout.descriptor = descriptor;
  layout.vectors = &file.section(SectionId::vectors);
  if (descriptor.rows == 0) return layout;
  layout.sketch = quantize::read_sketch(file, *space, descriptor.dims);
  const std::uint64_t nodes = read_levels(file, layout);
  const std::uint64_t width = layout.sketch.width();
  const std::uint64_t places = layout.trees * std::uint64_t{descriptor.rows};
  layout.node_codes = expected(file, SectionId::node_codes, Element::u8, {nodes, width});
  layout.node_offsets = expected(file, SectionId::node_offsets, Element::f32, {nodes, 1});
  layout.residuals = read_residuals(file, layout.levels[0]);
  layout.tree_rows = expected(file, SectionId::tree_rows, Element::u32, {places, 1});
  layout.tree_codes = expected(file, SectionId::tree_codes, Element::u8, {places, width});
  if (layout.sketch.space() != CodeSpace::inner_product)
    layout.tree_offsets = expected(file, SectionId::tree_offsets, Element::f32, {places, 1});
  calibration::read_guard(file, layout.guard);
  layout.guard.lambda = 1 / static_cast<double>(width);
  return layout;
}

void verify_trees(const File& file, const ForestLayout& layout, const Monitor& monitor) {
  const std::size_t rows = layout.descriptor.rows;
  if (rows == 0) return;
  for (const Section* section : {layout.node_offsets, layout.tree_offsets})
    if (section) index::verify_finite(file, *section, subprogress(monitor, 0.0, 0.5));
  for (std::size_t tree = 0; tree < layout.trees; ++tree) {
    report(monitor, 0.5 + 0.5 * static_cast<double>(tree) / static_cast<double>(layout.trees));
    const std::span<const std::uint32_t> own = layout.tree_rows->items<std::uint32_t>(tree * rows, rows);
    std::vector<bool> seen(rows, false);
    for (std::size_t place = 0; place < own.size(); ++place) {
      const bool fits = own[place] < rows && !seen[own[place]];
      if (!fits)
        storage::throw_corrupt(file.name(), "a row in section " + layout.tree_rows->name(),
                               layout.tree_rows->offset() + (tree * rows + place) * sizeof(std::uint32_t),
                               "an existing row that occurs once per tree", std::to_string(own[place]));
      seen[own[place]] = true;
    }
  }
}

}  // namespace nearabout::forest

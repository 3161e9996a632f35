// Reads a forest from its file: see docs/explanation/file-format.md.
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "index/calibration/residuals.h"
#include "index/exact/screen.h"
#include "index/forest/forest.h"
#include "index/stored_rows.h"
#include "index/verify.h"
#include "quantize/sketch_file.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kTrees, kLeafSize, kSeed, kFields };  // followed by the number of nodes of each level

}  // namespace

// Returns the space of a metric. Near in the Manhattan distance mostly means near in the Euclidean one (results still
// have distances of the metric); bits are zeros and ones.
std::optional<CodeSpace> forest_space_of(Metric metric) {
  return metric == Metric::manhattan || metric == Metric::hamming ? CodeSpace::l2 : code_space_of(metric);
}

ForestIndex::ForestIndex(const storage::File& file, const Descriptor& descriptor)
    : Searcher(descriptor, file.name(), read_calibration(file)),
      file_(file),
      vectors_(&this->file().section(SectionId::vectors)),
      screen_(screen_of(this->file(), descriptor, *vectors_, kScreenOfRows)),
      scan_(descriptor, *vectors_, screen_ ? &*screen_ : nullptr) {
  const std::optional<CodeSpace> space = forest_space_of(descriptor.metric);
  if (!space)
    throw CorruptFileError(this->file().name() + " is corrupt: it claims to be a forest with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which forests do not support. Copy or build it again.");
  if (rows() == 0) return;
  sketch_ = read_sketch(this->file(), *space, descriptor.dims);
  read_nodes();
  read_efforts();
  read_guard(this->file(), guard_);
  guard_.lambda = 1 / static_cast<double>(sketch_.width());
  for (const Section* section : {vectors_, node_codes_, tree_rows_, tree_codes_, tree_offsets_})
    if (section) section->advise(storage::system::Access::anywhere);
}

void ForestIndex::read_nodes() {
  const Section& header = file().section(SectionId::tree_header);
  const std::uint64_t columns = header.shape().columns;
  if (columns <= kFields || columns > kFields + kMaxLevels)
    storage::throw_count(file(), header, 0, "one to " + std::to_string(kMaxLevels) + " levels", columns - kFields);
  header.expect(Element::u64, {1, columns});
  const std::span<const std::uint64_t> values = header.all<std::uint64_t>();
  if (values[kTrees] == 0 || values[kTrees] > kMaxTrees)
    storage::throw_count(file(), header, kTrees, "trees", values[kTrees]);
  trees_ = values[kTrees];
  leaf_size_ = values[kLeafSize];
  seed_ = values[kSeed];

  const Section& nodes = file().section(SectionId::tree_nodes);
  const std::uint64_t places = trees_ * std::uint64_t{rows()};
  std::uint64_t begin = 0;  // first node of this level among all nodes
  std::uint64_t below = places;
  for (std::size_t level = 0; level + kFields < columns; ++level) {
    const std::uint64_t count = values[kFields + level];
    if (count == 0 || count > below)
      storage::throw_count(file(), header, kFields + level, "fewer nodes than below", count);
    const std::uint64_t first = begin + level;  // each level has one more number than it has nodes
    const std::span<const std::uint64_t> firsts = nodes.items<std::uint64_t>(first, count + 1);
    for (std::size_t i = 0; i < count; ++i)
      if (firsts[i] >= firsts[i + 1]) storage::throw_count(file(), nodes, first + i, "less than the next", firsts[i]);
    if (firsts[0] != 0) storage::throw_count(file(), nodes, first, "0", firsts[0]);
    if (firsts[count] != below)
      storage::throw_count(file(), nodes, first + count, std::to_string(below), firsts[count]);
    levels_.push_back({firsts, begin});
    begin += count;
    below = count;
  }
  nodes.expect(Element::u64, {begin + levels_.size(), 1});

  const std::uint64_t width = sketch_.width();
  node_codes_ = &file().section(SectionId::node_codes);
  node_codes_->expect(Element::u8, {begin, width});
  node_offsets_ = &file().section(SectionId::node_offsets);
  node_offsets_->expect(Element::f32, {begin, 1});
  const Section& residuals = file().section(SectionId::leaf_residuals);
  const std::size_t leaves = levels_[0].nodes();
  residuals.expect(Element::f32, {kResidualNumbers, leaves});
  const std::span<const float> numbers = storage::finite_floats(file(), residuals);
  std::vector<std::uint32_t> leaf_rows;
  for (std::size_t leaf = 0; leaf < leaves; ++leaf)
    leaf_rows.push_back(static_cast<std::uint32_t>(levels_[0].firsts[leaf + 1] - levels_[0].firsts[leaf]));
  residuals_ = residuals_of(numbers, leaf_rows);
  tree_rows_ = &file().section(SectionId::tree_rows);
  tree_rows_->expect(Element::u32, {places, 1});
  tree_codes_ = &file().section(SectionId::tree_codes);
  tree_codes_->expect(Element::u8, {places, width});
  if (sketch_.space == CodeSpace::inner_product) return;
  tree_offsets_ = &file().section(SectionId::tree_offsets);
  tree_offsets_->expect(Element::f32, {places, 1});
}

void ForestIndex::verify(const Monitor& monitor) const {
  if (rows() == 0) return;
  for (const Section* section : {node_offsets_, tree_offsets_})
    if (section) verify_finite(file(), *section, subprogress(monitor, 0.0, 0.5));
  for (std::size_t tree = 0; tree < trees_; ++tree) {
    report(monitor, 0.5 + 0.5 * static_cast<double>(tree) / static_cast<double>(trees_));
    const std::span<const std::uint32_t> own = tree_rows_->items<std::uint32_t>(tree * rows(), rows());
    std::vector<bool> seen(rows(), false);
    for (std::size_t place = 0; place < own.size(); ++place) {
      const bool fits = own[place] < rows() && !seen[own[place]];
      if (!fits)
        storage::throw_corrupt(file().name(), "a row in section " + tree_rows_->name(),
                               tree_rows_->offset() + (tree * rows() + place) * sizeof(std::uint32_t),
                               "an existing row that occurs once per tree", std::to_string(own[place]));
      seen[own[place]] = true;
    }
  }
}

void ForestIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  copy_row(*vectors_, row, row_bytes(descriptor().element, dims()), to);
}

void ForestIndex::read_efforts() {
  const Section& section = file().section(SectionId::efforts);
  section.expect(Element::f64, {section.shape().rows, 2});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const EffortPoint point{numbers[i], numbers[i + 1]};
    if (!(point.fraction > 0 && point.fraction <= 1))
      storage::throw_number(file(), section, i, "a fraction up to 1", point.fraction);
    if (!(point.effort >= 1) || !std::isfinite(point.effort))
      storage::throw_number(file(), section, i + 1, "an effort of at least 1", point.effort);
    efforts_.push_back(point);
  }
}

}  // namespace nearabout

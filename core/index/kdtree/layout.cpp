// Reads a k-d tree from its file: see docs/explanation/file-format.md.
#include "index/kdtree/layout.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/convert.h"
#include "base/error.h"
#include "index/kdtree/options.h"
#include "index/stored_rows.h"
#include "storage/numbers.h"
#include "storage/validate.h"
#include "storage/writer.h"

namespace nearabout::kdtree {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kScale, kEpsilon, kFields };

TreeShape read_shape(const storage::File& file, std::size_t rows) {
  const Section& header = file.section(SectionId::kdtree_header);
  header.expect(Element::u64, {1, 1});
  const std::uint64_t leaf_size = header.all<std::uint64_t>()[0];
  if (leaf_size == 0 || leaf_size > kMaxLeafSize || leaf_size % kernels::kBlockRows != 0)
    storage::throw_count(file, header, 0, "a multiple of 16 rows up to 1,024", leaf_size);
  return {rows, leaf_size};
}

void read_numbers(KdTreeLayout& layout) {
  const Section& section = layout.file.section(SectionId::kdtree_scale);
  section.expect(Element::f64, {1, kFields});
  const std::span<const double> numbers = section.all<double>();
  const double scale = numbers[kScale];
  if (!(scale > 0 && std::isfinite(scale)))
    storage::throw_number(layout.file, section, kScale, "finite and more than 0", scale);
  if (!(numbers[kEpsilon] >= 0 && std::isfinite(numbers[kEpsilon])))
    storage::throw_number(layout.file, section, kEpsilon, "finite and not negative", numbers[kEpsilon]);
  layout.space = TreeSpace(layout.descriptor.metric, layout.descriptor.dims, scale);
  layout.epsilon = numbers[kEpsilon];
}

std::optional<Visits> read_visits(const storage::File& file) {
  if (!file.has(SectionId::kdtree_visits)) return {};
  const Section& section = file.section(SectionId::kdtree_visits);
  Visits visits{};
  section.expect(Element::f64, {1, visits.size()});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < visits.size(); ++i) {
    if (!(numbers[i] >= 0 && std::isfinite(numbers[i])))
      storage::throw_number(file, section, i, "finite and not negative", numbers[i]);
    visits[i] = numbers[i];
  }
  return visits;
}

[[noreturn]] void throw_block(const KdTreeLayout& layout, const Section& section, std::size_t number,
                              const std::string& expected, const std::string& found) {
  storage::throw_corrupt(layout.file.name(), "section " + section.name() + ", block " + std::to_string(number),
                         section.offset(), expected, found);
}

// Verifies that the block holds the points of its rows, and that no row is seen twice.
void verify_block(const KdTreeLayout& layout, std::size_t number, std::vector<bool>& seen) {
  const std::size_t dims = layout.space.dims();
  const std::size_t bytes = row_bytes(layout.descriptor.element, layout.descriptor.dims);
  const std::size_t first = number * kernels::kBlockRows;
  const std::size_t count = std::min(kernels::kBlockRows, layout.shape.rows() - first);
  const float* const block = layout.block(number);
  std::vector<std::byte> stored(bytes);
  std::vector<float> vector(layout.descriptor.dims), point(dims);
  for (std::size_t r = 0; r < count; ++r) {
    const std::uint32_t row = layout.row_at(static_cast<std::uint32_t>(first + r));
    if (row >= layout.shape.rows() || seen[row])
      throw_block(layout, *layout.rows, number, "rows that exist and occur once", std::to_string(row));
    seen[row] = true;
    index::copy_row(*layout.vectors, row, bytes, stored.data());
    to_f32(layout.descriptor.element, stored.data(), layout.descriptor.dims, vector.data());
    layout.space.map(vector.data(), 1, point.data());
    for (std::size_t j = 0; j < dims; ++j)
      // Libraries of mathematics differ in the last bit of a sine.
      if (!(std::abs(block[j * kernels::kBlockRows + r] - point[j]) <= 0x1p-22f * std::abs(point[j]) + 0x1p-24f))
        throw_block(layout, *layout.points, number, "the point of row " + std::to_string(row),
                    std::to_string(block[j * kernels::kBlockRows + r]));
  }
}

// Returns the bounds of child `child` of all children of a level in dimension `dim`, lows and highs over what is below.
void verify_boxes(const KdTreeLayout& layout, std::size_t level, std::size_t node) {
  const std::size_t lanes = kernels::kBlockRows;
  const float* const boxes = layout.boxes_of(layout.shape.first_node(level) + node);
  for (std::size_t child = 0; child < layout.shape.children(level, node); ++child) {
    const std::size_t below = node * kChildren + child;
    for (std::size_t j = 0; j < layout.space.dims(); ++j) {
      const float low = boxes[2 * j * lanes + child], high = boxes[(2 * j + 1) * lanes + child];
      const auto check = [&](float from, float to) {
        if (!(low <= from && to <= high))
          throw_block(layout, *layout.boxes, layout.shape.first_node(level) + node, "boxes around what they hold",
                      std::to_string(from) + " outside of " + std::to_string(low) + " to " + std::to_string(high));
      };
      if (level > 0) {
        const float* const inner = layout.boxes_of(layout.shape.first_node(level - 1) + below);
        for (std::size_t i = 0; i < layout.shape.children(level - 1, below); ++i)
          check(inner[2 * j * lanes + i], inner[(2 * j + 1) * lanes + i]);
        continue;
      }
      for (std::size_t block = layout.shape.first_block(below); block < layout.shape.end_block(below); ++block)
        for (std::size_t r = 0; r < std::min(lanes, layout.shape.rows() - block * lanes); ++r)
          check(layout.block(block)[j * lanes + r], layout.block(block)[j * lanes + r]);
    }
  }
}

}  // namespace

KdTreeLayout read_kdtree_layout(const storage::File& file, const index::Descriptor& descriptor) {
  if (!TreeSpace::serves(descriptor.metric) || descriptor.element == Element::bits)
    throw CorruptFileError(file.name() + " is corrupt: it claims to have a k-d tree with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which k-d trees do not support. Copy or build it again.");
  KdTreeLayout layout{file, descriptor};
  layout.vectors = &file.section(SectionId::vectors);
  if (descriptor.rows == 0) return layout;
  layout.shape = read_shape(file, descriptor.rows);
  read_numbers(layout);
  layout.rows = &file.section(SectionId::kdtree_rows);
  layout.rows->expect(Element::u32, {descriptor.rows, 1});
  layout.points = &file.section(SectionId::kdtree_points);
  layout.points->expect(Element::f32, {layout.shape.blocks(), layout.block_numbers()});
  layout.boxes = &file.section(SectionId::kdtree_boxes);
  layout.boxes->expect(Element::f32, {layout.shape.nodes(), 2 * layout.block_numbers()});
  layout.visits = read_visits(file);
  return layout;
}

void verify_kdtree(const KdTreeLayout& layout, const Monitor& monitor) {
  std::vector<bool> seen(layout.shape.rows(), false);
  for (std::size_t block = 0; block < layout.shape.blocks(); ++block) {
    report(monitor, static_cast<double>(block) / static_cast<double>(layout.shape.blocks()));
    verify_block(layout, block, seen);
  }
  for (std::size_t level = 0; level < layout.shape.levels(); ++level)
    for (std::size_t node = 0; node < layout.shape.nodes(level); ++node) verify_boxes(layout, level, node);
}

void write_visits(storage::Writer& writer, const Visits& visits) {
  writer.add<double>(SectionId::kdtree_visits, {1, visits.size()}, visits);
}

}  // namespace nearabout::kdtree

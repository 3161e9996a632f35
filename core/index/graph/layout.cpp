// Reads a graph from its file: see docs/explanation/file-format.md.
#include "index/graph/layout.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "index/distance_source.h"
#include "index/graph/node.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/transform_file.h"
#include "storage/numbers.h"
#include "storage/validate.h"
#include "transform/space.h"

namespace nearabout::graph {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kDegree, kDirections, kBits, kSeed, kCopies, kFields };

void read_header(GraphLayout& layout) {
  const Section& section = layout.file.section(SectionId::graph_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const quantize::CodeShape shape{header[kDirections], header[kBits]};
  if (!quantize::are_code_bits(shape.bits))
    storage::throw_count(layout.file, section, kBits, "1, 2, 4 or 8 bits", header[kBits]);
  if (shape.directions == 0 || shape.directions > quantize::kMaxByteDims || shape.directions % 32 != 0)
    storage::throw_count(layout.file, section, kDirections, "a multiple of 32 directions", header[kDirections]);
  if (header[kDegree] == 0 || header[kDegree] > kMaxDegree || header[kDegree] % kernels::kBlockRows != 0)
    storage::throw_count(layout.file, section, kDegree, "a multiple of 16 edges", header[kDegree]);
  layout.codes = quantize::PcaCodes(shape);
  layout.degree = header[kDegree];
  layout.seed = header[kSeed];
  layout.format = NodeFormat(shape, layout.degree);
}

void read_transform(GraphLayout& layout) {
  const quantize::StoredTransform stored = quantize::read_transform(
      layout.file, *transform::search_space_of(layout.descriptor.metric), layout.descriptor.dims);
  if (!(stored.own >= 0 && std::isfinite(stored.own)))
    storage::throw_number(layout.file, layout.file.section(SectionId::transform), quantize::kOwnTransformNumber,
                          "finite and not negative", stored.own);
  layout.transform = stored.transform;
  layout.point_step = stored.point_step;
  layout.alpha = stored.own;
}

void read_nodes(GraphLayout& layout) {
  const storage::File& file = layout.file;
  layout.nodes = &file.section(SectionId::graph_nodes);
  const std::uint64_t nodes = layout.nodes->shape().rows;
  layout.nodes->expect(Element::u8, {nodes, layout.format.size()});
  if (nodes == 0 || nodes > layout.row_count())
    storage::throw_count(file, *layout.nodes, 0, "as many nodes as rows, or fewer", nodes);
  const std::uint64_t copies = file.section(SectionId::graph_header).all<std::uint64_t>()[kCopies];
  if (copies == 0) return;
  layout.copies = &file.section(SectionId::graph_copies);
  layout.copies->expect(Element::u32, {copies, 1});
}

void read_entries(GraphLayout& layout) {
  const storage::File& file = layout.file;
  const Section& nodes = file.section(SectionId::graph_entries);
  const std::uint64_t count = nodes.shape().rows;
  nodes.expect(Element::u32, {count, 1});
  layout.entries.nodes = nodes.all<std::uint32_t>();
  if (count == 0) storage::throw_count(file, nodes, 0, "at least one entry", count);
  for (std::size_t i = 0; i < layout.entries.nodes.size(); ++i)
    if (layout.entries.nodes[i] >= layout.node_count())
      storage::throw_count(file, nodes, i, "the number of a node", layout.entries.nodes[i]);
  layout.entries.panels = &file.section(SectionId::graph_entry_panels);
  layout.entries.panels->expect(Element::u8, {(count + kernels::kPanelRows - 1) / kernels::kPanelRows,
                                              kernels::panel_bytes(layout.shape().directions)});
  const Section& squares = file.section(SectionId::graph_entry_squares);
  squares.expect(Element::f32, {count, 1});
  layout.entries.squares = storage::finite_floats(file, squares);
}

}  // namespace

GraphLayout read_graph_layout(const storage::File& file, const index::Descriptor& descriptor) {
  if (!transform::search_space_of(descriptor.metric))
    throw CorruptFileError(file.name() + " is corrupt: it claims to have a graph with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which graphs do not support. Copy or build it again.");
  GraphLayout layout{file, descriptor};
  const bool keeps_vectors = index::read_distance_source(file) == index::DistanceSource::vectors;
  if (keeps_vectors) layout.vectors = &file.section(SectionId::vectors);
  if (layout.row_count() == 0) return layout;
  read_header(layout);
  read_transform(layout);
  layout.directions = quantize::read_directions(file, layout.shape().directions, layout.transform.outputs());
  read_nodes(layout);
  read_entries(layout);
  if (!keeps_vectors)
    layout.byte_rows = quantize::read_byte_rows(file, layout.row_count(), descriptor.dims, layout.transform.space());
  return layout;
}

void GraphLayout::throw_node(std::size_t node, const char* what, std::uint64_t found) const {
  storage::throw_corrupt(file.name(), "section " + nodes->name() + ", node " + std::to_string(node),
                         nodes->offset() + node * format.size(), what, std::to_string(found));
}

void verify_graph(const GraphLayout& layout, const Monitor& monitor) {
  quantize::verify_squares(layout.file, layout.byte_rows);
  const std::size_t count = layout.node_count();
  std::vector<bool> seen(layout.row_count(), false);
  std::vector<bool> reached(count, false);
  std::vector<std::uint32_t> waiting;
  for (std::uint32_t number = 0; number < count; ++number) {
    report(monitor, static_cast<double>(number) / static_cast<double>(count));
    const Node node(layout, number);
    for (const std::uint32_t row : node.rows()) {
      if (row >= layout.row_count() || seen[row]) layout.throw_node(number, "rows that exist and occur once", row);
      seen[row] = true;
    }
    for (const std::uint32_t to : node.edges())
      if (to >= count) layout.throw_node(number, "edges to nodes", to);
  }
  for (std::size_t row = 0; row < seen.size(); ++row)
    if (!seen[row]) layout.throw_node(count - 1, "a node of every row", row);
  for (const std::uint32_t entry : layout.entries.nodes)
    if (!reached[entry]) {
      reached[entry] = true;
      waiting.push_back(entry);
    }
  while (!waiting.empty()) {
    const Node node(layout, waiting.back());
    waiting.pop_back();
    for (const std::uint32_t to : node.edges()) {
      if (reached[to]) continue;
      reached[to] = true;
      waiting.push_back(to);
    }
  }
  for (std::size_t number = 0; number < count; ++number)
    if (!reached[number]) layout.throw_node(number, "a node that edges lead to", number);
}

}  // namespace nearabout::graph

// What the file of a graph holds: its sections, and the numbers that are read from them once, when the index is opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/monitor.h"
#include "index/descriptor.h"
#include "index/graph/node_format.h"
#include "index/graph/options.h"
#include "quantize/byte_rows_file.h"
#include "quantize/directions_file.h"
#include "quantize/leading_codes.h"
#include "storage/file.h"
#include "transform/metric_transform.h"

namespace nearabout::graph {

// The nodes at which searches start.
struct GraphEntries {
  std::span<const std::uint32_t> nodes;
  const storage::Section* panels = nullptr;  // their bytes
  std::span<const float> squares;            // squared lengths of these nodes
};

struct GraphLayout {
  const storage::File& file;
  index::Descriptor descriptor;
  const storage::Section* vectors = nullptr;  // null where byte_rows are compared instead
  quantize::StoredByteRows byte_rows{};
  std::uint64_t seed = 0;
  std::size_t degree = 0;
  double alpha = 0;
  transform::MetricTransform transform{};
  float point_step = 1;  // of a node's bytes
  quantize::PcaCodes codes{{32, 1}};
  quantize::StoredDirections directions{};
  NodeFormat format{};
  const storage::Section* nodes = nullptr;
  const storage::Section* copies = nullptr;  // null if no two rows are equal
  GraphEntries entries{};

  std::size_t row_count() const { return descriptor.rows; }
  // Returns the section of the rows that are compared in the end.
  const storage::Section& compared_rows() const { return vectors ? *vectors : *byte_rows.codes; }
  std::size_t node_count() const { return nodes ? nodes->shape().rows : 0; }
  const quantize::CodeShape& shape() const { return codes.shape(); }
  // Throws CorruptFileError: something of a node cannot be.
  [[noreturn]] void throw_node(std::size_t node, const char* what, std::uint64_t found) const;
};

// Reads the layout of an open file, which must outlive it. Throws CorruptFileError.
GraphLayout read_graph_layout(const storage::File& file, const index::Descriptor& descriptor);

// Verifies that each row is in one node, that edges lead to nodes, and that all nodes are reached. Throws
// CorruptFileError.
void verify_graph(const GraphLayout& layout, const Monitor& monitor);

}  // namespace nearabout::graph

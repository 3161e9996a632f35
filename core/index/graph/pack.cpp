#include "index/graph/pack.h"

#include <algorithm>
#include <cstring>

#include "base/threads.h"
#include "index/graph/node_format.h"
#include "kernels/kernels.h"
#include "quantize/code_terms.h"
#include "quantize/panels.h"

namespace nearabout::graph {
namespace {

using storage::SectionId;

constexpr std::size_t kNodesAtOnce = 4'096;
constexpr std::size_t kPackedPerTask = 32;

// One thread's work space.
class NodePacker {
 public:
  NodePacker(const BuiltGraph& graph, const NodeFormat& format, const std::vector<std::uint32_t>& places)
      : graph_(graph),
        format_(format),
        places_(places),
        codes_(graph.learnt.shape),
        node_(graph.points.dims()),
        other_(graph.points.dims()),
        packed_(graph.learnt.shape.bytes()) {}

  // Packs a node whose rows, if there are several, begin at `first_copy`.
  void pack(std::uint32_t node, std::size_t first_copy, std::uint8_t* to) {
    std::memset(to, 0, format_.size());
    const std::span<const std::uint32_t> rows = graph_.rows.rows(node);
    const std::span<const std::uint32_t> edges = graph_.edges.of(node);
    NodeHead head{};
    head.row = rows.size() == 1 ? rows[0] : static_cast<std::uint32_t>(first_copy);
    head.has_copies = rows.size() > 1;
    head.rest = graph_.points.rest(node);
    head.degree = static_cast<std::uint16_t>(edges.size());
    put_bytes(node, head, to + format_.bytes());
    std::memcpy(to, &head, sizeof(head));
    for (std::size_t i = 0; i < edges.size(); ++i)
      std::memcpy(to + format_.edges() + i * sizeof(std::uint32_t), &places_[edges[i]], sizeof(std::uint32_t));
    if (format_.has_codes()) put_codes(edges, to);
  }

 private:
  void put_bytes(std::uint32_t node, NodeHead& head, std::uint8_t* to) {
    const float step = graph_.learnt.point_step;
    double square = 0;
    for (std::size_t j = 0; j < node_.size(); ++j) {
      const std::int8_t byte = Points::byte_of(graph_.points.values(node)[j]);
      to[j] = static_cast<std::uint8_t>(byte);
      node_[j] = step * static_cast<float>(byte);
      square += double{node_[j]} * double{node_[j]};
    }
    head.square = static_cast<float>(square);
  }

  void put_codes(std::span<const std::uint32_t> edges, std::uint8_t* node) {
    std::uint8_t* const to = node + format_.codes();
    terms_.clear();
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const std::int16_t* const values = graph_.points.values(edges[i]);
      for (std::size_t j = 0; j < other_.size(); ++j) other_[j] = graph_.points.step() * static_cast<float>(values[j]);
      terms_.push_back(codes_.encode(other_.data(), node_.data(), graph_.points.rest(edges[i]), packed_.data()));
      quantize::put_codes(packed_.data(), codes_.shape(), i % kernels::kBlockRows,
                          to + i / kernels::kBlockRows * format_.block());
    }
    quantize::TermRange range;
    for (const quantize::RowTerms& terms : terms_) range.add(terms);
    const quantize::TermSteps steps = range.steps();
    const CodeSteps stored{steps.offset_low, steps.offset_step, steps.scale_step, 0};
    std::memcpy(node + NodeFormat::kSteps, &stored, sizeof(stored));
    for (std::size_t i = 0; i < terms_.size(); ++i)
      quantize::put_terms(terms_[i], steps, i % kernels::kBlockRows,
                          to + (i / kernels::kBlockRows + 1) * format_.block() - kernels::kLineBytes);
  }

  const BuiltGraph& graph_;
  const NodeFormat& format_;
  const std::vector<std::uint32_t>& places_;
  quantize::PcaCodes codes_;
  std::vector<float> node_, other_;
  std::vector<std::uint8_t> packed_;
  std::vector<quantize::RowTerms> terms_;
};

// Returns the rows of nodes that have several, after their number.
std::vector<std::uint32_t> copies_of(const BuiltGraph& graph) {
  std::vector<std::uint32_t> copies;
  for (const std::uint32_t node : graph.order) {
    const std::span<const std::uint32_t> rows = graph.rows.rows(node);
    if (rows.size() == 1) continue;
    copies.push_back(static_cast<std::uint32_t>(rows.size()));
    copies.insert(copies.end(), rows.begin(), rows.end());
  }
  return copies;
}

// The entries, and their bytes as panels, by which a search ranks them.
void write_entries(storage::Writer& writer, const BuiltGraph& graph, const std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t> entries;
  for (const std::uint32_t entry : graph.entries) entries.push_back(places[entry]);
  std::sort(entries.begin(), entries.end());
  writer.add<std::uint32_t>(SectionId::graph_entries, {entries.size(), 1}, entries);
  const std::size_t dims = graph.points.dims();
  std::vector<float> squares(entries.size());
  std::vector<std::int8_t> values(entries.size() * dims);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint32_t node = graph.order[entries[i]];
    double square = 0;
    for (std::size_t j = 0; j < dims; ++j) {
      const std::int8_t byte = Points::byte_of(graph.points.values(node)[j]);
      values[i * dims + j] = byte;
      square += byte * byte;
    }
    const double step = graph.learnt.point_step;
    squares[i] = static_cast<float>(step * step * square + graph.points.rest(node));
  }
  quantize::Panels panels;
  panels.pack(values.data(), entries.size(), dims);
  writer.add<std::uint8_t>(SectionId::graph_entry_panels, {panels.count(), panels.panel_bytes()}, panels.all());
  writer.add<float>(SectionId::graph_entry_squares, {entries.size(), 1}, squares);
}

}  // namespace

void write_nodes(storage::Writer& writer, const BuiltGraph& graph, std::size_t threads, const Monitor& monitor) {
  const std::size_t count = graph.order.size();
  std::vector<std::uint32_t> places(count);
  for (std::size_t place = 0; place < count; ++place) places[graph.order[place]] = static_cast<std::uint32_t>(place);
  const NodeFormat format(graph.learnt.shape, graph.edges.degree());
  std::vector<NodePacker> packers;
  for (std::size_t worker = 0; worker < threads; ++worker) packers.emplace_back(graph, format, places);
  std::vector<std::uint8_t> packed(std::min(count, kNodesAtOnce) * format.size());
  std::vector<std::size_t> first_copies(kNodesAtOnce);
  std::size_t copies = 0;
  writer.begin(SectionId::graph_nodes, Element::u8, {count, format.size()});
  for (std::size_t begin = 0; begin < count; begin += kNodesAtOnce) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(count));
    const std::size_t together = std::min(kNodesAtOnce, count - begin);
    for (std::size_t i = 0; i < together; ++i) {
      first_copies[i] = copies;
      const std::size_t rows = graph.rows.rows(graph.order[begin + i]).size();
      if (rows > 1) copies += 1 + rows;
    }
    parallel_for(together, kPackedPerTask, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
      for (std::size_t i = first; i < last; ++i)
        packers[worker].pack(graph.order[begin + i], first_copies[i], packed.data() + i * format.size());
    });
    writer.append(std::as_bytes(std::span(packed.data(), together * format.size())));
  }
  writer.end();
  const std::vector<std::uint32_t> copied = copies_of(graph);
  if (!copied.empty()) writer.add<std::uint32_t>(SectionId::graph_copies, {copied.size(), 1}, copied);
  write_entries(writer, graph, places);
}

}  // namespace nearabout::graph

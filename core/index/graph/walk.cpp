#include "index/graph/walk.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kStarts = 4;      // entries at which a walk starts
constexpr std::size_t kNodesAhead = 2;  // nodes that are fetched ahead
constexpr std::size_t kRoomForHits = kernels::kBlockRows;
constexpr std::uint8_t kFlip = 0x80;  // bytes are signed (kernels.h)

}  // namespace

Walk::Walk(const GraphLayout& layout)
    : layout_(layout),
      numbers_(layout.degree + kRoomForHits),
      estimates_(layout.degree + kRoomForHits),
      dots_(std::max(layout.entries.panels->shape().rows * kernels::kPanelRows, std::uint64_t{layout.degree})) {}

void Walk::start(const quantize::LeadingQueries& queries, std::size_t i, std::size_t width,
                 std::span<const std::uint32_t> absent) {
  queries_ = &queries;
  query_ = i;
  width_ = std::max(width, kStarts);
  absent_ = absent;
  pool_.clear();
  visited_.clear();
  put_off_.clear();
  neighbours_.clear();
  seen_.clear();
  next_ = steps_ = fetched_ = 0;
  const GraphEntries& entries = layout_.entries;
  const std::byte* const panels = entries.panels->checked(0, entries.panels->length());
  kernels::table().screen.panel_dots(storage::bytes_of(panels), entries.panels->shape().rows, queries.bytes(i),
                                     queries.byte_stride(), 1, layout_.shape().directions, dots_.data(), dots_.size());
  for (std::size_t e = 0; e < entries.nodes.size(); ++e) {
    insert(estimate(entries.squares[e], dots_[e]), entries.nodes[e]);
    if (pool_.size() > kStarts) pool_.pop_back();
  }
  for (const Waiting& entry : pool_) seen_.add(entry.node);
  go_on();
}

bool Walk::step() {
  if (!neighbours_.empty()) {
    look_at_neighbours();
  } else {
    if (next_ == pool_.size()) return false;
    pool_[next_].done = true;
    ++steps_;
    const std::uint32_t number = pool_[next_++].node;
    const Node node(layout_, number);
    const float own = own_estimate(node);
    if (is_absent(node)) {
      put_off_.push_back(number);
      pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(--next_));
    } else {
      visited_.emplace_back(own, number);
      leave(node, own);
    }
  }
  if (!neighbours_.empty()) return true;
  go_on();
  if (next_ == pool_.size() && pool_.size() < width_) look_everywhere();
  return next_ < pool_.size() || !neighbours_.empty();
}

// Goes on from the entries where the walk did not start, and in the end from absent nodes, so that a walk with room for
// all nodes is at all of them.
void Walk::look_everywhere() {
  for (const std::uint32_t entry : layout_.entries.nodes)
    if (pool_.size() < width_ && seen_.add(entry)) insert(std::numeric_limits<float>::max(), entry);
  for (; next_ == pool_.size() && neighbours_.empty() && !put_off_.empty(); put_off_.pop_back()) {
    const Node node(layout_, put_off_.back());
    leave(node, own_estimate(node));
  }
  go_on();
}

// Returns the squared distance of a node, by its own square and the product of its bytes with the query's.
float Walk::estimate(float square, std::int32_t dot) const {
  const quantize::LeadingQueries::Query& query = (*queries_)[query_];
  const float along = query.byte_scale * layout_.point_step * static_cast<float>(dot - 128 * query.sum);
  return static_cast<float>(query.square) + square - 2 * along;
}

float Walk::own_estimate(const Node& node) const {
  const std::size_t dims = layout_.shape().directions;
  std::int32_t dot = 0;
  kernels::table().screen.rows(queries_->bytes(query_), {node.bytes(), dims, nullptr, 1}, dims, kFlip, &dot);
  return estimate(node.head().square + node.head().rest, dot);
}

bool Walk::is_absent(const Node& node) const {
  if (absent_.empty()) return false;
  const std::span<const std::uint32_t> rows = node.rows();
  return std::ranges::any_of(
      rows, [&](std::uint32_t row) { return std::binary_search(absent_.begin(), absent_.end(), row); });
}

void Walk::leave(const Node& node, float own) {
  if (layout_.format.has_codes())
    look_at_codes(node, own);
  else
    fetch_neighbours(node);
}

// Returns what estimates of new nodes have to be below.
float Walk::threshold() const {
  return pool_.size() < width_ ? std::numeric_limits<float>::infinity() : pool_.back().estimate;
}

// Estimates the distances of all neighbours of a node by their codes, and keeps those that are near enough and new.
void Walk::look_at_codes(const Node& node, float own) {
  const std::span<const std::uint32_t> edges = node.edges();
  if (edges.empty()) return;
  const CodeSteps steps = node.code_steps();
  kernels::CodeScan scan{queries_->tables(query_),
                         own - node.head().rest + steps.offset_low,
                         steps.offset_step,
                         -(*queries_)[query_].codes.unit * steps.scale_step,
                         threshold(),
                         0,
                         numbers_.data(),
                         estimates_.data(),
                         0};
  kernels::CodeScan* const scans[] = {&scan};
  kernels::table().codes.scan(node.codes(), edges.size(), layout_.shape().lines(), scans, 1);
  for (std::size_t i = 0; i < scan.found; ++i) {
    const std::uint32_t to = edges[numbers_[i]];
    if (to >= layout_.node_count()) layout_.throw_node(to, "a node that exists", layout_.node_count());
    if (estimates_[i] < threshold() && seen_.add(to)) insert(estimates_[i], to);
  }
}

// Fetches the bytes of those neighbours of a node that are new.
void Walk::fetch_neighbours(const Node& node) {
  for (const std::uint32_t to : node.edges()) {
    if (to >= layout_.node_count()) layout_.throw_node(to, "a node that exists", layout_.node_count());
    if (!seen_.add(to)) continue;
    Node::fetch_bytes(layout_, to);
    neighbours_.push_back(to);
  }
}

// Compares the neighbours that were fetched, and keeps those that are near enough.
void Walk::look_at_neighbours() {
  fetched_ += neighbours_.size();
  const NodeFormat& format = layout_.format;
  const std::byte* const nodes = Node::table(layout_, neighbours_);
  kernels::table().screen.rows(queries_->bytes(query_),
                               {nodes + format.bytes(), format.size(), neighbours_.data(), neighbours_.size(), true},
                               layout_.shape().directions, kFlip, dots_.data());
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    NodeHead head;
    std::memcpy(&head, nodes + neighbours_[i] * format.size(), sizeof(head));
    const float found = estimate(head.square + head.rest, dots_[i]);
    if (found < threshold()) insert(found, neighbours_[i]);
  }
  neighbours_.clear();
}

void Walk::insert(float estimate, std::uint32_t node) {
  if (pool_.size() == width_)
    pool_.back() = {estimate, node, false, false};
  else
    pool_.push_back({estimate, node, false, false});
  std::size_t place = pool_.size() - 1;
  for (; place > 0 && estimate < pool_[place - 1].estimate; --place) pool_[place] = pool_[place - 1];
  pool_[place] = {estimate, node, false, false};
  next_ = std::min(next_, place);
}

// Finds the next nodes to go to, and fetches them.
void Walk::go_on() {
  while (next_ < pool_.size() && pool_[next_].done) ++next_;
  std::size_t fetched = 0;
  for (std::size_t place = next_; place < pool_.size() && fetched < kNodesAhead; ++place) {
    Waiting& waiting = pool_[place];
    if (waiting.done) continue;
    if (!waiting.fetched) Node::fetch(layout_, waiting.node);
    waiting.fetched = true;
    ++fetched;
  }
}

std::span<const Scored> Walk::nearest(std::size_t count) {
  count = std::min(count, visited_.size());
  std::partial_sort(visited_.begin(), visited_.begin() + static_cast<std::ptrdiff_t>(count), visited_.end());
  return std::span(visited_).first(count);
}

}  // namespace nearabout::graph

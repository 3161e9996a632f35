#include "annoy/build.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "annoy/floats.h"
#include "annoy/tree.h"
#include "base/error.h"
#include "base/threads.h"

namespace nearabout::annoy {
namespace {

using storage::system::GrowingBytes;

// Trees per thread that are grown ahead. Each is held separately until it is its turn to be appended; with fewer,
// threads would wait for the slowest.
constexpr std::size_t kTreesAtOnce = 4;

std::uint64_t seed_of_tree(std::uint64_t seed, std::size_t tree) {
  return Random(seed).next() + tree * 0xD1B54A32D192ED03u;
}

// Writes the factors of a dot index. Its trees see items with one more dimension, the factor, stored in front of the
// vector, that makes all of them equally long, so that the largest inner product is the smallest angle (Bachrach et
// al., "Speeding up the Xbox recommender system using a Euclidean transformation for inner-product spaces", RecSys
// 2014).
void write_dot_factors(std::byte* nodes, const Layout& layout, const std::vector<std::uint32_t>& items) {
  std::vector<float> squares;
  squares.reserve(items.size());
  for (const std::uint32_t item : items) {
    const float* values = floats_at(nodes + item * layout.node_bytes, layout.vector);
    const float square = dot(values, values, layout.dims);
    squares.push_back(std::isfinite(square) ? square : 0.0f);  // an infinite one would make all others alike
  }
  const float largest = squares.empty() ? 0.0f : *std::max_element(squares.begin(), squares.end());
  for (std::size_t i = 0; i < items.size(); ++i)
    store_at(nodes + items[i] * layout.node_bytes, kDotFactorAt, std::sqrt(std::max(largest - squares[i], 0.0f)));
}

Table table_of(const std::byte* nodes, const Layout& layout) {
  switch (layout.space) {
    case Space::angular:
      return {nodes + layout.vector, layout.node_bytes, layout.dims, true, nodes + kSquaredNormAt, kForVectors};
    case Space::dot:
      return {nodes + kDotFactorAt, layout.node_bytes, layout.dims + 1, true, nullptr, kForVectors};
    case Space::hamming:
      return {nullptr, 0, 0, false, nullptr, kForVectors};
    default:
      return {nodes + layout.vector, layout.node_bytes, layout.dims, false, nullptr, kForVectors};
  }
}

std::vector<std::uint32_t> items_present(const std::byte* nodes, const Layout& layout, std::uint32_t item_count) {
  std::vector<std::uint32_t> items;
  for (std::uint32_t item = 0; item < item_count; ++item)
    if (descendants(nodes + item * layout.node_bytes) == 1) items.push_back(item);
  return items;
}

// Calls the monitor on the calling thread, and stops the other threads if it throws.
class Watch {
 public:
  explicit Watch(const Monitor& monitor) : monitor_(monitor) {}

  void look(std::size_t worker, double fraction) {
    if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
    if (worker != 0 || !monitor_ || Clock::now() - last_ < std::chrono::milliseconds(50)) return;
    last_ = Clock::now();
    try {
      monitor_(fraction);
    } catch (...) {
      stopped_.store(true, std::memory_order_relaxed);
      error_ = std::current_exception();
      throw;
    }
  }

  // Rethrows the exception of the monitor instead of the first one from the threads, which may be another thread's
  // Stopped.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  struct Stopped {};

 private:
  using Clock = std::chrono::steady_clock;
  const Monitor& monitor_;
  Clock::time_point last_ = Clock::now();
  std::atomic<bool> stopped_{false};
  std::exception_ptr error_;
};

class Builder {
 public:
  Builder(GrowingBytes& nodes, const BuildPlan& plan, const Monitor& monitor)
      : nodes_(nodes), plan_(plan), layout_(*plan.layout), watch_(monitor) {
    built_.node_count = plan.item_count;
  }

  Built build() {
    ground_ = {&layout_, nullptr, plan_.item_count, items_present(nodes_.data(), layout_, plan_.item_count),
               {},       nullptr};
    if (layout_.space == Space::dot) write_dot_factors(nodes_.data(), layout_, ground_.items);
    if (more()) make_sketch();
    while (more()) append_all(grow_some());
    copy_roots();
    nodes_.resize(std::max<std::size_t>(built_.node_count, 1) * layout_.node_bytes);
    return std::move(built_);
  }

 private:
  bool more() const {
    if (plan_.trees != kTreesToFit) return built_.roots.size() < static_cast<std::size_t>(plan_.trees);
    return built_.node_count < std::uint64_t{2} * plan_.item_count;
  }

  void make_sketch() {
    const Table full = table_of(nodes_.data(), layout_);
    if (!Sketch::pays(ground_.items.size(), plan_.item_count, full.dims)) return;
    watched([&] {
      sketch_.emplace(full, ground_.items, plan_.item_count, plan_.threads,
                      [this](std::size_t worker) { watch_.look(worker, 0.0); });
    });
    ground_.table = sketch_->table();
    ground_.sketch = &*sketch_;
  }

  template <class Work>
  void watched(const Work& work) {
    try {
      work();
    } catch (...) {
      watch_.rethrow();
      throw;
    }
  }

  std::vector<Tree> grow_some() {
    std::size_t count = plan_.threads * kTreesAtOnce;
    if (plan_.trees != kTreesToFit)
      count = std::min(count, static_cast<std::size_t>(plan_.trees) - built_.roots.size());
    ground_.nodes = nodes_.data();  // they move when the array grows
    if (!sketch_) ground_.table = table_of(nodes_.data(), layout_);
    const auto work = [&](std::size_t begin, std::size_t end, std::size_t worker) {
      const auto keep_going = [this, worker] { watch_.look(worker, share_done()); };
      for (std::size_t tree = begin; tree < end; ++tree) {
        trees_[tree] = grow_tree(ground_, seed_of_tree(plan_.seed, built_.roots.size() + tree), keep_going);
        grown_.fetch_add(1, std::memory_order_relaxed);
      }
    };
    trees_.assign(count, {});
    watched([&] { parallel_for(count, 1, plan_.threads, work); });
    return std::move(trees_);
  }

  double share_done() const {
    if (plan_.trees == kTreesToFit)
      return std::min(1.0, static_cast<double>(built_.node_count - plan_.item_count) / (plan_.item_count + 1.0));
    return static_cast<double>(grown_.load(std::memory_order_relaxed)) / plan_.trees;
  }

  void append_all(const std::vector<Tree>& trees) {
    for (const Tree& tree : trees)
      if (more()) append(tree);
  }

  // Returns room for `count` more nodes.
  std::byte* make_room(std::size_t count) {
    const std::uint64_t wanted = std::uint64_t{built_.node_count} + count;
    if (wanted > kMaxNodes)
      throw InvalidInputError(
          "the trees would have more than 2147483647 nodes, which an Annoy file cannot number; "
          "build fewer trees");
    const std::size_t bytes = static_cast<std::size_t>(wanted) * layout_.node_bytes;
    if (bytes > nodes_.size()) nodes_.resize(std::max(bytes, nodes_.size() + nodes_.size() / 8));
    return nodes_.data() + std::size_t{built_.node_count} * layout_.node_bytes;
  }

  void append(const Tree& tree) {
    const std::size_t count = tree.size() / layout_.node_bytes;
    std::byte* node = make_room(count);
    std::memcpy(node, tree.data(), tree.size());
    const std::uint32_t shift = built_.node_count - plan_.item_count;
    for (std::size_t i = 0; i < count; ++i, node += layout_.node_bytes) {
      if (static_cast<std::size_t>(descendants(node)) <= layout_.list_room) continue;
      for (std::size_t place = layout_.children; place < layout_.children + 8; place += 4) {
        const auto child = load_at<std::uint32_t>(node, place);
        if (child >= plan_.item_count) store_at(node, place, child + shift);
      }
    }
    built_.roots.push_back(built_.node_count);
    built_.node_count += static_cast<std::uint32_t>(count);
  }

  // Copies the roots to the end of the file, where a reader finds them without searching.
  void copy_roots() {
    std::byte* node = make_room(built_.roots.size());
    for (std::uint32_t& root : built_.roots) {
      std::memcpy(node, nodes_.data() + root * layout_.node_bytes, layout_.node_bytes);
      node += layout_.node_bytes;
      root = built_.node_count++;
    }
  }

  GrowingBytes& nodes_;
  const BuildPlan& plan_;
  const Layout& layout_;
  Watch watch_;
  Ground ground_{};
  std::optional<Sketch> sketch_;
  std::vector<Tree> trees_;
  std::atomic<std::size_t> grown_{0};
  Built built_;
};

}  // namespace

Built build_trees(GrowingBytes& nodes, const BuildPlan& plan, const Monitor& monitor) {
  return Builder(nodes, plan, monitor).build();
}

}  // namespace nearabout::annoy

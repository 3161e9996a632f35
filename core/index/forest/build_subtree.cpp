#include "index/forest/build_subtree.h"

#include <algorithm>
#include <numeric>

#include "base/threads.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kTasks = 32;         // branches grown in parallel
constexpr std::size_t kSmallTask = 4'096;  // rows

class SubtreeBuilder {
 public:
  SubtreeBuilder(const Codes& codes, std::uint64_t origin, const quantize::Grid& grid, std::size_t leaf_size,
                 std::uint64_t seed, std::vector<std::uint32_t>& rows)
      : splitter_(codes, grid), origin_(origin), leaf_size_(leaf_size), seed_(seed), rows_(rows) {}

  bool is_leaf(std::size_t begin, std::size_t end) const { return end - begin <= leaf_size_; }

  std::size_t split(std::size_t begin, std::size_t end) {
    Random places((origin_ + begin) * 0x9E3779B97F4A7C15u + end - begin);
    Random random(seed_ ^ places.next());
    const Plane plane = splitter_.plane(rows_.data() + begin, end - begin, random);
    return begin + splitter_.divide(plane, rows_.data() + begin, end - begin).left;
  }

  // Grows the whole branch over rows [begin, end), in preorder.
  void grow(std::size_t begin, std::size_t end, std::vector<Branch>& branches) {
    const std::size_t place = branches.size();
    branches.push_back({origin_ + begin, origin_ + end, 1});
    if (is_leaf(begin, end)) return;
    const std::size_t middle = split(begin, end);
    grow(begin, middle, branches);
    grow(middle, end, branches);
    branches[place].skip = static_cast<std::uint32_t>(branches.size() - place);
  }

 private:
  Splitter splitter_;
  std::uint64_t origin_;
  std::size_t leaf_size_;
  std::uint64_t seed_;
  std::vector<std::uint32_t>& rows_;
};

// The top of a tree, split until its branches are small enough to distribute.
class Top {
 public:
  Top(SubtreeBuilder& grower, std::size_t task_rows) : grower_(grower), task_rows_(task_rows) {}

  void split(std::size_t begin, std::size_t end) {
    if (end - begin <= task_rows_ || grower_.is_leaf(begin, end)) {
      nodes_.push_back(tasks_.size());
      tasks_.push_back({begin, end, {}});
      return;
    }
    nodes_.push_back(kInner);
    const std::size_t middle = grower_.split(begin, end);
    split(begin, middle);
    split(middle, end);
  }

  struct Task {
    std::size_t begin, end;
    std::vector<Branch> branches;
  };
  std::vector<Task>& tasks() { return tasks_; }

  // Joins all branches in preorder. The nodes of the top are in preorder themselves.
  std::vector<Branch> assemble() {
    std::vector<Branch> branches;
    std::size_t node = 0;
    assemble(node, branches);
    return branches;
  }

 private:
  static constexpr std::size_t kInner = static_cast<std::size_t>(-1);

  void assemble(std::size_t& next, std::vector<Branch>& branches) {
    const std::size_t task = nodes_[next++];
    if (task != kInner) {
      const std::vector<Branch>& grown = tasks_[task].branches;
      branches.insert(branches.end(), grown.begin(), grown.end());
      return;
    }
    const std::size_t place = branches.size();
    branches.push_back({0, 0, 1});
    assemble(next, branches);
    assemble(next, branches);
    branches[place] = {branches[place + 1].begin, branches.back().end,
                       static_cast<std::uint32_t>(branches.size() - place)};
  }

  SubtreeBuilder& grower_;
  std::size_t task_rows_;
  std::vector<std::size_t> nodes_;  // in preorder: the task of each node, or kInner
  std::vector<Task> tasks_;
};

}  // namespace

BuiltSubtree build_subtree(const Codes& codes, std::size_t count, std::uint64_t origin, const quantize::Grid& grid,
                           std::size_t leaf_size, std::uint64_t seed, std::size_t threads, const Monitor& monitor) {
  BuiltSubtree grown;
  grown.order.resize(count);
  std::iota(grown.order.begin(), grown.order.end(), 0u);
  SubtreeBuilder grower(codes, origin, grid, leaf_size, seed, grown.order);
  Top top(grower, std::max(kSmallTask, count / kTasks));
  top.split(0, count);
  std::vector<Top::Task>& tasks = top.tasks();
  parallel_for(
      tasks.size(), 1, threads,
      [&](std::size_t begin, std::size_t, std::size_t) {
        Top::Task& task = tasks[begin];
        SubtreeBuilder(codes, origin, grid, leaf_size, seed, grown.order).grow(task.begin, task.end, task.branches);
      },
      monitor);
  grown.branches = top.assemble();
  return grown;
}

}  // namespace nearabout::forest

#include "index/forest/grow.h"

#include <algorithm>
#include <numeric>

#include "base/threads.h"

namespace nearabout {
namespace {

constexpr std::size_t kTasks = 32;         // branches that are grown side by side
constexpr std::size_t kSmallTask = 4'096;  // rows

class Grower {
 public:
  Grower(const Codes& codes, const Grid& grid, std::size_t leaf_size, std::uint64_t seed,
         std::vector<std::uint32_t>& rows)
      : splitter_(codes, grid), leaf_size_(leaf_size), seed_(seed), rows_(rows) {}

  std::size_t split(std::size_t begin, std::size_t end) {
    Random random(seed_ ^ (begin * 0x9E3779B97F4A7C15u + end * 0xC2B2AE3D27D4EB4Fu));
    (void)random.next();
    const Plane plane = splitter_.plane(rows_.data() + begin, end - begin, random);
    return begin + splitter_.divide(plane, rows_.data() + begin, end - begin);
  }

  // The whole branch over rows [begin, end), in preorder.
  void grow(std::size_t begin, std::size_t end, std::vector<Branch>& branches) {
    const std::size_t place = branches.size();
    branches.push_back({begin, end, 1});
    if (end - begin <= leaf_size_) return;
    const std::size_t middle = split(begin, end);
    grow(begin, middle, branches);
    grow(middle, end, branches);
    branches[place].skip = static_cast<std::uint32_t>(branches.size() - place);
  }

 private:
  Splitter splitter_;
  std::size_t leaf_size_;
  std::uint64_t seed_;
  std::vector<std::uint32_t>& rows_;
};

// The top of a tree, split until its branches are small enough to share out.
class Top {
 public:
  Top(Grower& grower, std::size_t task_rows) : grower_(grower), task_rows_(task_rows) {}

  void split(std::size_t begin, std::size_t end) {
    nodes_.push_back({begin, end, kInner});
    const std::size_t place = nodes_.size() - 1;
    if (end - begin <= task_rows_) {
      nodes_[place].task = tasks_.size();
      tasks_.push_back({begin, end, {}});
      return;
    }
    const std::size_t middle = grower_.split(begin, end);
    split(begin, middle);
    split(middle, end);
  }

  struct Task {
    std::size_t begin, end;
    std::vector<Branch> branches;
  };
  std::vector<Task>& tasks() { return tasks_; }

  // All branches in preorder. The nodes of the top are in preorder themselves.
  std::vector<Branch> assemble() {
    std::vector<Branch> branches;
    std::size_t node = 0;
    assemble(node, branches);
    return branches;
  }

 private:
  static constexpr std::size_t kInner = static_cast<std::size_t>(-1);
  struct Node {
    std::size_t begin, end, task;
  };

  void assemble(std::size_t& next, std::vector<Branch>& branches) {
    const Node& node = nodes_[next++];
    if (node.task != kInner) {
      const std::vector<Branch>& grown = tasks_[node.task].branches;
      branches.insert(branches.end(), grown.begin(), grown.end());
      return;
    }
    const std::size_t place = branches.size();
    branches.push_back({node.begin, node.end, 1});
    assemble(next, branches);
    assemble(next, branches);
    branches[place].skip = static_cast<std::uint32_t>(branches.size() - place);
  }

  Grower& grower_;
  std::size_t task_rows_;
  std::vector<Node> nodes_;
  std::vector<Task> tasks_;
};

}  // namespace

Tree grow_tree(const Codes& codes, std::size_t count, const Grid& grid, std::size_t leaf_size, std::uint64_t seed,
               std::size_t threads, const Monitor& monitor) {
  Tree tree;
  tree.rows.resize(count);
  std::iota(tree.rows.begin(), tree.rows.end(), 0u);
  Grower grower(codes, grid, leaf_size, seed, tree.rows);
  Top top(grower, std::max(kSmallTask, count / kTasks));
  top.split(0, count);
  std::vector<Top::Task>& tasks = top.tasks();
  parallel_for(
      tasks.size(), 1, threads,
      [&](std::size_t begin, std::size_t, std::size_t) {
        Top::Task& task = tasks[begin];
        Grower(codes, grid, leaf_size, seed, tree.rows).grow(task.begin, task.end, task.branches);
      },
      monitor);
  tree.branches = top.assemble();
  return tree;
}

}  // namespace nearabout

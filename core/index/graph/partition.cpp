#include "index/graph/partition.h"

#include <algorithm>

#include "base/random.h"
#include "base/threads.h"
#include "index/graph/leaf.h"
#include "quantize/leaders.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kMaxLeafNodes = 512;  // at most
constexpr std::size_t kTypicalLeaf = 256;   // about
constexpr std::size_t kMaxLeaders = 1'024;  // of one division
constexpr std::size_t kFirstParts = 4;      // of the first division that a node is in
constexpr std::size_t kSecondParts = 2;     // of the second one

using quantize::Part;

// Chooses `leaders` of the nodes of a part by `seed`, and returns a part for each: every node is in the parts of its
// `several` nearest leaders.
std::vector<Part> divide(const Points& points, const Part& part, std::size_t leaders, std::size_t several,
                         std::uint64_t seed, std::size_t threads) {
  LocalPoints local(points);
  local.around_mean(part.members);
  const std::size_t dims = local.stride();
  const quantize::ByteCentroids chosen = quantize::choose_leaders(
      leaders, part.members.size(), seed, [&](std::size_t i) { return local.bytes().data() + i * dims; }, dims);
  std::vector<std::uint32_t> nearest(part.members.size() * several);
  chosen.nearest_several(local.bytes().data(), part.members.size(), several, nearest.data(), threads);
  return quantize::parts_of(part, leaders, nearest);
}

// Divides a part until it is small, and compares the nodes of each leaf. One thread's work space.
class Division {
 public:
  Division(const Points& points, Candidates& candidates) : points_(points), candidates_(candidates), leaf_(points) {}

  // Appends the part's own nodes to `order`. Each node is in `several` of the parts of the next division, and in one of
  // each later one: otherwise nodes of uneven parts would be in ever more leaves.
  void run(const Part& part, std::size_t several, std::uint64_t seed, std::vector<std::uint32_t>& order) {
    if (part.members.size() <= kMaxLeafNodes) return take_leaf(part, 0, part.members.size(), order);
    const std::size_t leaders = std::max<std::size_t>(2, part.members.size() * several / kTypicalLeaf);
    const std::vector<Part> parts = divide(points_, part, std::min(leaders, kMaxLeaders), several, seed, 1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].members.size() < part.members.size())
        run(parts[i], 1, Random(seed + i).next(), order);
      else  // all points are as good as equal
        for (std::size_t begin = 0; begin < part.members.size(); begin += kMaxLeafNodes)
          take_leaf(parts[i], begin, std::min(begin + kMaxLeafNodes, part.members.size()), order);
    }
  }

 private:
  void take_leaf(const Part& part, std::size_t begin, std::size_t end, std::vector<std::uint32_t>& order) {
    leaf_.compare(std::span(part.members).subspan(begin, end - begin), candidates_);
    for (std::size_t i = begin; i < end; ++i)
      if (part.is_own[i]) order.push_back(part.members[i]);
  }

  const Points& points_;
  Candidates& candidates_;
  Leaf leaf_;
};

}  // namespace

std::vector<std::uint32_t> find_candidates(const Points& points, std::uint64_t seed, Candidates& candidates,
                                           std::size_t threads, const Monitor& monitor) {
  const Part all = quantize::all_points(points.count());
  std::vector<Part> parts{all};
  if (points.count() > kMaxLeafNodes) {
    const std::size_t leaders = std::clamp<std::size_t>(points.count() * kFirstParts / kTypicalLeaf, 2, kMaxLeaders);
    parts = divide(points, all, leaders, std::min(kFirstParts, leaders), Random(seed).next(), threads);
  }
  std::vector<Division> divisions;
  for (std::size_t worker = 0; worker < threads; ++worker) divisions.emplace_back(points, candidates);
  std::vector<std::vector<std::uint32_t>> orders(parts.size());
  parallel_for(
      parts.size(), 1, threads,
      [&](std::size_t i, std::size_t, std::size_t worker) {
        divisions[worker].run(parts[i], kSecondParts, Random(seed + i + 1).next(), orders[i]);
      },
      monitor);
  std::vector<std::uint32_t> order;
  order.reserve(points.count());
  for (const std::vector<std::uint32_t>& own : orders) order.insert(order.end(), own.begin(), own.end());
  return order;
}

}  // namespace nearabout::graph

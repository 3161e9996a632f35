#include "index/neighbors/leaves.h"

#include <algorithm>
#include <span>

#include "base/random.h"
#include "base/threads.h"
#include "quantize/leaders.h"

namespace nearabout::neighbors {
namespace {

constexpr std::size_t kMaxOfTypical = 4;           // a leaf has at most so many times as many rows as a typical one
constexpr std::size_t kMaxLeadersTogether = 2048;  // of one division

using quantize::Part;

// Divides rows among leaders: each is in the parts of its `several` nearest ones.
std::vector<Part> divide(const BytePoints& points, const Part& part, std::size_t leaders, std::size_t several,
                         std::uint64_t seed, std::size_t threads, const Monitor& monitor) {
  constexpr std::size_t kRowsPerAssignment = 512;
  const std::size_t dims = points.dims();
  const quantize::ByteCentroids chosen = quantize::choose_leaders(
      leaders, part.members.size(), seed, [&](std::size_t i) { return points.bytes(part.members[i]); }, dims, true);
  std::vector<std::uint32_t> nearest(part.members.size() * several);
  const auto follow = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<std::int8_t> bytes;
    for (std::size_t i = begin; i < end; ++i)
      bytes.insert(bytes.end(), points.bytes(part.members[i]), points.bytes(part.members[i]) + dims);
    chosen.nearest_several(bytes.data(), end - begin, several, nearest.data() + begin * several, 1);
  };
  parallel_for(part.members.size(), kRowsPerAssignment, threads, follow, monitor);
  return quantize::parts_of(part, leaders, nearest);
}

// Divides parts until they are small. One work space for all levels.
class Divider {
 public:
  Divider(const BytePoints& points, std::size_t typical, Division& division)
      : points_(points), typical_(typical), most_(typical * kMaxOfTypical), division_(division) {}

  // Each row is in `several` of the parts of the next division, and in one of each later one: otherwise rows of uneven
  // parts would be in ever more leaves.
  void run(const Part& part, std::size_t several, std::uint64_t seed, std::size_t threads, const Monitor& monitor) {
    if (part.members.size() <= most_) return add_leaf(part, 0, part.members.size());
    const std::size_t leaders =
        std::clamp<std::size_t>(part.members.size() * several / typical_, 2, kMaxLeadersTogether);
    const std::vector<Part> parts =
        divide(points_, part, leaders, std::min(several, leaders), Random(seed).next(), threads, monitor);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].members.size() < part.members.size())
        run(parts[i], 1, Random(seed + i + 1).next(), threads, {});
      else  // all points are as good as equal
        for (std::size_t begin = 0; begin < part.members.size(); begin += most_)
          add_leaf(parts[i], begin, std::min(begin + most_, part.members.size()));
    }
  }

 private:
  void add_leaf(const Part& part, std::size_t begin, std::size_t end) {
    const std::span<const std::uint32_t> rows = std::span(part.members).subspan(begin, end - begin);
    if (!rows.empty()) division_.leaves.emplace_back(rows.begin(), rows.end());
    for (std::size_t i = begin; i < end; ++i)
      if (part.is_own[i]) division_.order.push_back(part.members[i]);
  }

  const BytePoints& points_;
  std::size_t typical_, most_;
  Division& division_;
};

}  // namespace

Division divide_into_leaves(const BytePoints& points, std::size_t several, std::size_t typical, std::uint64_t seed,
                            std::size_t threads, const Monitor& monitor) {
  Division division;
  Divider(points, typical, division).run(quantize::all_points(points.count()), several, seed, threads, monitor);
  return division;
}

}  // namespace nearabout::neighbors

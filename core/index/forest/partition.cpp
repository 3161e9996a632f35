#include "index/forest/partition.h"

#include <algorithm>
#include <numeric>

#include "base/spread_rows.h"
#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kOnePart = 131'072;  // rows up to which there is one part
constexpr std::size_t kPartRows = 65'536;  // expected rows per part otherwise
constexpr std::size_t kSampleRows = 131'072;
constexpr std::size_t kRowsAtATime = 4'096;

// Returns codes of rows spread over all rows.
std::vector<std::uint8_t> sample_of(const SketchStore& store, const Monitor& monitor) {
  const std::size_t width = store.width();
  const std::size_t wanted = std::min(store.rows(), kSampleRows);
  std::vector<std::uint8_t> sample(wanted * width);
  SketchStore::Buffers buffers;
  std::size_t taken = 0;
  for (std::size_t begin = 0; begin < store.rows(); begin += kRowsAtATime) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(store.rows()));
    const std::size_t end = std::min(begin + kRowsAtATime, store.rows());
    const SketchedRows rows = store.read(begin, end, buffers);
    for (; taken < wanted; ++taken) {
      const std::size_t row = spread_row(taken, wanted, store.rows());
      if (row >= end) break;
      std::copy_n(rows.codes + (row - begin) * width, width, sample.data() + taken * width);
    }
  }
  return sample;
}

// Returns one bit of a hash of the row number, so that neighbouring numbers go different ways.
bool goes_right(std::uint32_t number, std::size_t node) {
  return (Random(std::uint64_t{number} << 32 ^ node).next() & 1) != 0;
}

}  // namespace

Partitioner::Partitioner(const SketchStore& store, const quantize::Grid& grid, std::uint64_t seed,
                         const Monitor& monitor)
    : width_(store.width()) {
  if (store.rows() <= kOnePart) {
    nodes_.emplace_back();
    nodes_.back().part = parts_++;
    return;
  }
  const std::vector<std::uint8_t> sample = sample_of(store, monitor);
  const Codes codes{sample.data(), width_};
  const std::size_t count = sample.size() / width_;
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  Splitter splitter(codes, grid);
  Random random(seed);
  const std::size_t parts = store.rows() / kPartRows;
  grow(splitter, rows.data(), count, std::max<std::size_t>(2, count / parts), random);
}

void Partitioner::grow(Splitter& splitter, std::uint32_t* rows, std::size_t count, std::size_t most, Random& random) {
  const std::size_t node = nodes_.size();
  nodes_.emplace_back();
  if (count <= most) {
    nodes_[node].part = parts_++;
    return;
  }
  Plane plane = splitter.plane(rows, count, random);
  const Splitter::Division division = splitter.divide(plane, rows, count);
  plane.threshold = division.threshold;
  nodes_[node].by_number = !division.by_plane;
  nodes_[node].plane = std::move(plane);
  grow(splitter, rows, division.left, most, random);
  nodes_[node].right = nodes_.size();
  grow(splitter, rows + division.left, count - division.left, most, random);
}

std::size_t Partitioner::part_of(const std::uint8_t* code, std::uint32_t number) const {
  const kernels::ScreenRows dot = kernels::table().screen.rows;
  std::size_t place = 0;
  while (nodes_[place].part == kInner) {
    const Node& node = nodes_[place];
    std::int32_t along = 0;
    if (!node.by_number) dot(node.plane.normal.data(), {code, width_, nullptr, 1}, width_, 0, &along);
    const bool right = node.by_number ? goes_right(number, place) : along >= node.plane.threshold;
    place = right ? node.right : place + 1;
  }
  return nodes_[place].part;
}

std::vector<Branch> Partitioner::assemble(const std::vector<std::vector<Branch>>& parts) const {
  std::vector<Branch> branches;
  std::size_t node = 0;
  assemble(node, parts, branches);
  return branches;
}

// Joins the branches. A part without rows has no branches, and its sibling replaces both.
void Partitioner::assemble(std::size_t& node, const std::vector<std::vector<Branch>>& parts,
                           std::vector<Branch>& branches) const {
  const std::size_t part = nodes_[node++].part;
  if (part != kInner) {
    branches.insert(branches.end(), parts[part].begin(), parts[part].end());
    return;
  }
  const std::size_t place = branches.size();
  branches.push_back({0, 0, 1});
  assemble(node, parts, branches);
  const std::size_t middle = branches.size();
  assemble(node, parts, branches);
  if (middle == place + 1 || middle == branches.size()) {
    branches.erase(branches.begin() + static_cast<std::ptrdiff_t>(place));
    return;
  }
  branches[place] = {branches[place + 1].begin, branches[middle].end,
                     static_cast<std::uint32_t>(branches.size() - place)};
}

}  // namespace nearabout::forest

#include "index/forest/build_tree.h"

#include <algorithm>

#include "index/calibration/calibration_queries.h"
#include "index/forest/partition.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kRowsAtATime = 4'096;
constexpr std::size_t kChunkRows = 256;  // consecutive rows of one part

// Sketches of some rows, in memory.
struct Gathered {
  std::vector<std::uint8_t> codes;
  std::vector<float> offsets;
  std::vector<std::uint32_t> numbers;

  std::size_t rows() const { return numbers.size(); }
  SketchedRows view() const { return {codes.data(), offsets.data(), numbers.data()}; }
  void add(const SketchedRows& rows, std::size_t place, std::size_t count, std::size_t width) {
    codes.insert(codes.end(), rows.codes + place * width, rows.codes + (place + count) * width);
    offsets.insert(offsets.end(), rows.offsets + place, rows.offsets + place + count);
    numbers.insert(numbers.end(), rows.numbers + place, rows.numbers + place + count);
  }
  void clear() {
    codes.clear();
    offsets.clear();
    numbers.clear();
  }
};

// All rows, sorted into parts: each part is a list of chunks in one store.
class Parts {
 public:
  Parts(std::size_t parts, std::size_t width, const std::string* scratch)
      : width_(width), pool_(width, scratch), pending_(parts), chunks_(parts) {}

  void add(std::size_t part, const SketchedRows& rows, std::size_t place) {
    pending_[part].add(rows, place, 1, width_);
    if (pending_[part].rows() == kChunkRows) flush(part);
  }

  Gathered take(std::size_t part) {
    flush(part);
    Gathered gathered;
    SketchStore::Buffers buffers;
    for (const Chunk& chunk : chunks_[part])
      gathered.add(pool_.read(chunk.begin, chunk.end, buffers), 0, chunk.end - chunk.begin, width_);
    return gathered;
  }

 private:
  struct Chunk {
    std::size_t begin, end;
  };

  void flush(std::size_t part) {
    Gathered& pending = pending_[part];
    if (pending.rows() == 0) return;
    const std::size_t begin = pool_.rows();
    pool_.append(pending.view(), pending.rows());
    chunks_[part].push_back({begin, pool_.rows()});
    pending.clear();
  }

  std::size_t width_;
  SketchStore pool_;
  std::vector<Gathered> pending_;
  std::vector<std::vector<Chunk>> chunks_;
};

// Adds rows to a tree in the order of its leaves.
void append_ordered(SketchStore& tree, const SketchedRows& rows, const std::vector<std::uint32_t>& order) {
  const std::size_t width = tree.width();
  Gathered block;
  for (std::size_t begin = 0; begin < order.size(); begin += kRowsAtATime) {
    block.clear();
    const std::size_t end = std::min(begin + kRowsAtATime, order.size());
    for (std::size_t i = begin; i < end; ++i) block.add(rows, order[i], 1, width);
    tree.append(block.view(), block.rows());
  }
}

Parts route_all(const SketchStore& sketches, const Partitioner& router, const std::string* scratch,
                const Monitor& monitor) {
  Parts parts(router.parts(), sketches.width(), scratch);
  SketchStore::Buffers buffers;
  for (std::size_t begin = 0; begin < sketches.rows(); begin += kRowsAtATime) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(sketches.rows()));
    const std::size_t end = std::min(begin + kRowsAtATime, sketches.rows());
    const SketchedRows rows = sketches.read(begin, end, buffers);
    for (std::size_t i = 0; i < end - begin; ++i)
      parts.add(router.part_of(rows.codes + i * sketches.width(), rows.numbers[i]), rows, i);
  }
  return parts;
}

}  // namespace

Tree build_tree(const SketchStore& sketches, const quantize::Grid& grid, std::size_t leaf_size, std::uint64_t seed,
                std::size_t threads, const std::string* scratch, const Monitor& monitor) {
  const std::size_t width = sketches.width();
  Tree tree{{}, SketchStore(width, scratch)};
  tree.rows.reserve(sketches.rows());
  const Partitioner router(sketches, grid, seed, subprogress(monitor, 0.0, 0.1));
  std::vector<std::vector<Branch>> branches;
  const auto grow = [&](const SketchedRows& rows, std::size_t count, const Monitor& part_monitor) {
    std::vector<bool> left_out(count);
    for (std::size_t i = 0; i < count; ++i) left_out[i] = calibration::is_held_out(rows.numbers[i], sketches.rows());
    const Codes codes{rows.codes, width, &left_out};
    BuiltSubtree grown = build_subtree(codes, count, tree.rows.rows(), grid, leaf_size, seed, threads, part_monitor);
    append_ordered(tree.rows, rows, grown.order);
    branches.push_back(std::move(grown.branches));
  };
  if (router.parts() == 1) {
    SketchStore::Buffers buffers;
    grow(sketches.read(0, sketches.rows(), buffers), sketches.rows(), monitor);
  } else {
    Parts parts = route_all(sketches, router, scratch, subprogress(monitor, 0.1, 0.5));
    for (std::size_t part = 0; part < router.parts(); ++part) {
      const double fraction = 0.5 / static_cast<double>(router.parts());
      const double done = 0.5 + fraction * static_cast<double>(part);
      const Gathered gathered = parts.take(part);
      if (gathered.rows() > 0)
        grow(gathered.view(), gathered.rows(), subprogress(monitor, done, done + fraction));
      else
        branches.emplace_back();
    }
  }
  tree.branches = router.assemble(branches);
  return tree;
}

}  // namespace nearabout::forest

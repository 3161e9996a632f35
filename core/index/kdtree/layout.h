// What the file of a k-d tree holds: its sections, and the numbers that are read from them once, when it is opened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/monitor.h"
#include "index/calibration/calibration.h"
#include "index/descriptor.h"
#include "index/kdtree/shape.h"
#include "index/kdtree/space.h"
#include "storage/file.h"

namespace nearabout::kdtree {

// The mean number of leaves that a search for each calibrated number of neighbours visits until it has found all.
using Visits = std::array<double, calibration::kCalibratedK.size()>;

struct KdTreeLayout {
  const storage::File& file;
  index::Descriptor descriptor;
  const storage::Section* vectors = nullptr;
  TreeShape shape{};
  TreeSpace space{};
  double epsilon = 0;
  const storage::Section* rows = nullptr;    // in the order of the tree
  const storage::Section* points = nullptr;  // blocks of 16 rows
  const storage::Section* boxes = nullptr;   // blocks of 16 boxes, one for each node
  std::optional<Visits> visits{};            // none if not calibrated

  std::size_t block_numbers() const { return kernels::kBlockRows * space.dims(); }
  const float* block(std::size_t number) const {
    return points->items<float>(number * block_numbers(), block_numbers()).data();
  }
  const float* boxes_of(std::size_t node) const {
    return boxes->items<float>(node * 2 * block_numbers(), 2 * block_numbers()).data();
  }
  std::uint32_t row_at(std::uint32_t place) const { return rows->items<std::uint32_t>(place, 1)[0]; }
};

// Reads the layout of an open file, which must outlive it. Throws CorruptFileError.
KdTreeLayout read_kdtree_layout(const storage::File& file, const index::Descriptor& descriptor);

// Verifies that each row is in the tree once, with its own point, and inside the boxes above it. Throws
// CorruptFileError.
void verify_kdtree(const KdTreeLayout& layout, const Monitor& monitor);

void write_visits(storage::Writer& writer, const Visits& visits);

}  // namespace nearabout::kdtree

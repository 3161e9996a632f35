// What the file of lists of codes holds: its sections, and the numbers and models that are read from them once, when
// the index is opened. All parts of a search work on it; none of them changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/monitor.h"
#include "index/calibration/guard.h"
#include "index/descriptor.h"
#include "index/distance_source.h"
#include "index/ivf/adaptive_probes.h"
#include "index/ivf/curve.h"
#include "index/ivf/list_codes.h"
#include "index/ivf/options.h"
#include "index/tuning.h"
#include "quantize/byte_bounds_file.h"
#include "quantize/byte_rows_file.h"
#include "quantize/directions_file.h"
#include "storage/file.h"
#include "transform/metric_transform.h"

namespace nearabout::ivf {

// The centroids of the lists. With many lists, groups of them are ranked first (groups.h).
struct IvfCentroids {
  float step = 1;  // of their bytes
  const storage::Section* bytes = nullptr;
  std::span<const float> squares;
  const storage::Section* group_bytes = nullptr;  // null unless there are many lists
  std::span<const float> group_squares;
};

// The lists: blocks of codes, and numbers that each list has.
struct IvfLists {
  std::span<const std::uint32_t> sizes;  // rows of each list
  std::vector<std::uint32_t> blocks;     // where each list's blocks begin, and where the last ends
  std::span<const float> offset_lows, offset_steps, scale_steps;
  std::vector<calibration::GroupResiduals> residuals;
  const storage::Section* rows = nullptr;  // row numbers; in the order of codes
  const storage::Section* codes = nullptr;
};

struct IvfLayout {
  const storage::File& file;
  index::Descriptor descriptor;
  std::uint64_t seed = 0;
  index::Tuning tuning = {};
  index::DistanceSource distance_source = index::DistanceSource::vectors;
  const storage::Section* vectors = nullptr;  // null if no vectors are stored
  transform::MetricTransform transform{};
  CodeFamily code_family = CodeFamily::pca;
  bool residual = true;  // rows are coded relative to the centroids
  ListCodes codes{};
  quantize::StoredDirections directions{};
  IvfCentroids centroids{};
  IvfLists lists{};
  quantize::StoredByteRows byte_rows{};                // for indexes that compare these instead of vectors
  std::optional<quantize::StoredByteBounds> bounds{};  // besides vectors
  Curves curves{};
  AdaptiveProbes adaptive_probes{};
  calibration::Guard guard{};

  std::size_t row_count() const { return descriptor.rows; }
  std::size_t list_count() const { return lists.sizes.size(); }
  const quantize::CodeShape& shape() const { return codes.shape(); }
  // Returns the section of the rows that are compared; null if results come from the small codes alone.
  const storage::Section* compared_rows() const;
  // Returns the stored bytes of a row that a comparison reads.
  std::size_t compared_bytes() const;
  // Throws CorruptFileError: a list names a row that does not exist.
  [[noreturn]] void throw_row(std::uint64_t row) const;
};

// Reads the layout of an open file, which must outlive it. Throws CorruptFileError.
IvfLayout read_ivf_layout(const storage::File& file, const index::Descriptor& descriptor);

// Verifies that each row is in one list, and that squared norms are possible ones. Throws CorruptFileError.
void verify_lists(const IvfLayout& layout, const Monitor& monitor);

}  // namespace nearabout::ivf

// Reads lists of codes from their file: see docs/explanation/file-format.md.
#include "index/ivf/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "index/calibration/residuals.h"
#include "index/exact/byte_rows.h"
#include "index/ivf/groups.h"
#include "index/ivf/list_codes_file.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/transform_file.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout::ivf {
namespace {

using calibration::kCalibratedK;
using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kLists, kDirections, kBits, kSeed, kFields };

// Returns how many panels (kernels.h) so many rows take.
std::uint64_t whole_panels(std::uint64_t rows) { return (rows + kernels::kPanelRows - 1) / kernels::kPanelRows; }

// A file without it is tuned for no processor in particular.
index::Tuning read_tuning(const storage::File& file) {
  if (!file.has(SectionId::tuning)) return {};
  const Section& section = file.section(SectionId::tuning);
  section.expect(Element::u64, {1, 2});
  const std::span<const std::uint64_t> numbers = section.all<std::uint64_t>();
  const index::Family* const family = index::find_family(numbers[0]);
  if (!family) storage::throw_count(file, section, 0, "the number of a family of processors", numbers[0]);
  if (numbers[1] > static_cast<std::uint64_t>(index::Workload::single))
    storage::throw_count(file, section, 1, "the number of a workload", numbers[1]);
  return {family, static_cast<index::Workload>(numbers[1])};
}

// Reads the header, which has the number of lists, and their sizes.
void read_header(IvfLayout& layout) {
  const Section& section = layout.file.section(SectionId::list_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const std::uint64_t directions = header[kDirections];
  const std::uint64_t bits = header[kBits];
  if (bits == 0 || bits > 8) storage::throw_count(layout.file, section, kBits, "1 to 8 bits", bits);
  if (directions == 0 || directions > quantize::kMaxByteDims || directions % 4 != 0)
    storage::throw_count(layout.file, section, kDirections, "a multiple of four up to 192", directions);
  if (header[kLists] == 0 || header[kLists] > layout.row_count())
    storage::throw_count(layout.file, section, kLists, "lists", header[kLists]);
  StoredListCodes stored = read_list_codes(layout.file, section, {directions, bits}, header[kLists]);
  layout.code_family = stored.family;
  layout.codes = std::move(stored.codes);
  layout.residual = stored.residual;
  layout.seed = header[kSeed];
  const Section& sizes = layout.file.section(SectionId::list_sizes);
  sizes.expect(Element::u32, {header[kLists], 1});
  layout.lists.sizes = sizes.all<std::uint32_t>();
}

void read_transform(IvfLayout& layout) {
  const quantize::StoredTransform stored = quantize::read_transform(
      layout.file, *transform::code_space_of(layout.descriptor.metric), layout.descriptor.dims);
  const double alignment = stored.own;
  if (!(alignment >= 0 && alignment <= 1))
    storage::throw_number(layout.file, layout.file.section(SectionId::transform), quantize::kOwnTransformNumber,
                          "a fraction from 0 to 1", alignment);
  layout.transform = stored.transform;
  layout.centroids.step = stored.point_step;
  layout.guard.lambda = alignment;
}

// Reads the centroids, of which `layout` has the step.
void read_centroids(IvfLayout& layout) {
  IvfCentroids& centroids = layout.centroids;
  const std::uint64_t panels = whole_panels(layout.list_count());
  const std::uint64_t panel_bytes = kernels::panel_bytes(layout.shape().directions);
  centroids.bytes = &layout.file.section(SectionId::centroid_bytes);
  centroids.bytes->expect(Element::u8, {panels, panel_bytes});
  if (layout.list_count() < kManyLists) return;
  centroids.group_bytes = &layout.file.section(SectionId::group_bytes);
  centroids.group_bytes->expect(Element::u8, {whole_panels(panels), panel_bytes});
  const Section& squares = layout.file.section(SectionId::group_squares);
  squares.expect(Element::f32, {1, panels});
  centroids.group_squares = storage::finite_floats(layout.file, squares);
}

// Reads the numbers that each list has, one kind after another.
void read_list_terms(IvfLayout& layout) {
  const std::uint64_t count = layout.list_count();
  const Section& terms = layout.file.section(SectionId::list_terms);
  terms.expect(Element::f32, {4 + calibration::kResidualNumbers, count});
  const std::span<const float> all = storage::finite_floats(layout.file, terms);
  layout.centroids.squares = all.subspan(0, count);
  layout.lists.offset_lows = all.subspan(count, count);
  layout.lists.offset_steps = all.subspan(2 * count, count);
  layout.lists.scale_steps = all.subspan(3 * count, count);
  layout.lists.residuals = calibration::residuals_of(all.subspan(4 * count), layout.lists.sizes);
}

// Returns where each list's blocks begin, and where the last ends.
std::vector<std::uint32_t> first_blocks(const IvfLayout& layout) {
  const std::span<const std::uint32_t> sizes = layout.lists.sizes;
  const Section& section = layout.file.section(SectionId::list_sizes);
  std::vector<std::uint32_t> firsts;
  std::uint64_t rows = 0;
  std::uint64_t blocks = 0;
  for (std::size_t list = 0; list < sizes.size(); ++list) {
    firsts.push_back(static_cast<std::uint32_t>(blocks));
    rows += sizes[list];
    blocks += (std::uint64_t{sizes[list]} + kernels::kBlockRows - 1) / kernels::kBlockRows;
    if (rows > layout.row_count())
      storage::throw_count(layout.file, section, list, "no more rows than there are", sizes[list]);
  }
  if (rows != layout.row_count())
    storage::throw_count(layout.file, section, sizes.size() - 1,
                         "the last of " + std::to_string(layout.row_count()) + " rows", rows);
  firsts.push_back(static_cast<std::uint32_t>(blocks));
  return firsts;
}

void read_lists(IvfLayout& layout) {
  IvfLists& lists = layout.lists;
  lists.blocks = first_blocks(layout);
  const std::uint64_t blocks = lists.blocks.back();
  lists.codes = &layout.file.section(SectionId::list_codes);
  lists.codes->expect(Element::u8, {blocks, kernels::block_bytes(layout.shape().lines())});
  lists.rows = &layout.file.section(SectionId::list_rows);
  const bool integers = is_byte(layout.descriptor.element);
  const bool squares = integers && layout.distance_source == index::DistanceSource::vectors;
  lists.rows->expect(Element::u32, {blocks * kernels::kBlockRows, squares ? 2u : 1u});
}

// Reads the curves. An index that is being built has none yet.
Curves read_curves(const storage::File& file, std::size_t lists) {
  Curves curves;
  if (!file.has(SectionId::curve)) return curves;
  const Section& section = file.section(SectionId::curve);
  section.expect(Element::f64, {section.shape().rows, 4});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i + 3 < numbers.size(); i += 4) {
    const auto place = std::find(kCalibratedK.begin(), kCalibratedK.end(), numbers[i]);
    if (place == kCalibratedK.end()) storage::throw_number(file, section, i, "1, 10 or 100 neighbours", numbers[i]);
    const CurvePoint point{numbers[i + 1], numbers[i + 2], numbers[i + 3]};
    if (!(point.recall > 0 && point.recall <= 1))
      storage::throw_number(file, section, i + 1, "a fraction up to 1", point.recall);
    if (!(point.probes >= 1 && point.probes <= static_cast<double>(lists)))
      storage::throw_number(file, section, i + 2, "a number of lists", point.probes);
    if (!(point.depth >= 1 && point.depth <= 1e6)) storage::throw_number(file, section, i + 3, "a depth", point.depth);
    curves.points[static_cast<std::size_t>(place - kCalibratedK.begin())].push_back(point);
  }
  return curves;
}

// Reads the adaptive-probes model. Without it all queries probe the same number of lists.
AdaptiveProbes read_adaptive_probes(const storage::File& file) {
  if (!file.has(SectionId::adaptive_probes)) return {};
  const Section& section = file.section(SectionId::adaptive_probes);
  section.expect(Element::f64, {1, 8});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(std::abs(numbers[i]) <= 1e30))
      storage::throw_number(file, section, i, "a number of at most 1e30", numbers[i]);
  if (!(numbers[3] > 0)) storage::throw_number(file, section, 3, "above 0", numbers[3]);
  const bool used = numbers[0] != 0 || numbers[1] != 0 || numbers[2] != 0;
  return {numbers[0], numbers[1], numbers[2], numbers[3], {numbers[4], numbers[5]}, {numbers[6], numbers[7]}, used};
}

}  // namespace

IvfLayout read_ivf_layout(const storage::File& file, const index::Descriptor& descriptor) {
  if (!transform::code_space_of(descriptor.metric) || descriptor.element == Element::bits)
    throw CorruptFileError(file.name() + " is corrupt: it claims to have lists of codes with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which they do not support. Copy or build it again.");
  IvfLayout layout{file, descriptor};
  if (file.has(SectionId::vectors)) {
    layout.vectors = &file.section(SectionId::vectors);
    layout.bounds = exact::byte_rows_of(file, descriptor);
  }
  layout.distance_source = index::read_distance_source(file);
  if (layout.row_count() == 0) return layout;
  read_header(layout);
  read_transform(layout);
  layout.directions = quantize::read_directions(file, layout.shape().directions, layout.transform.outputs());
  read_centroids(layout);
  read_list_terms(layout);
  read_lists(layout);
  layout.curves = read_curves(file, layout.list_count());
  layout.adaptive_probes = read_adaptive_probes(file);
  calibration::read_guard(file, layout.guard);
  layout.tuning = read_tuning(file);
  if (layout.distance_source == index::DistanceSource::int8)
    layout.byte_rows = quantize::read_byte_rows(file, layout.row_count(), descriptor.dims, layout.transform.space());
  return layout;
}

const storage::Section* IvfLayout::compared_rows() const {
  if (distance_source == index::DistanceSource::vectors) return vectors;
  return distance_source == index::DistanceSource::int8 ? byte_rows.codes : nullptr;
}

std::size_t IvfLayout::compared_bytes() const {
  if (distance_source == index::DistanceSource::vectors) return row_bytes(descriptor.element, descriptor.dims);
  return distance_source == index::DistanceSource::int8 ? descriptor.dims : 0;
}

void IvfLayout::throw_row(std::uint64_t row) const {
  storage::throw_corrupt(file.name(), "a row in section " + lists.rows->name(), lists.rows->offset(),
                         "a row below " + std::to_string(row_count()), std::to_string(row));
}

void verify_lists(const IvfLayout& layout, const Monitor& monitor) {
  const std::size_t rows = layout.row_count();
  if (rows == 0) return;
  quantize::verify_squares(layout.file, layout.byte_rows);
  const IvfLists& lists = layout.lists;
  const std::uint64_t columns = lists.rows->shape().columns;
  std::vector<bool> seen(rows, false);
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    report(monitor, static_cast<double>(list) / static_cast<double>(layout.list_count()));
    const std::uint64_t first = std::uint64_t{lists.blocks[list]} * kernels::kBlockRows;
    const std::span<const std::uint32_t> own =
        lists.rows->items<std::uint32_t>(first * columns, lists.sizes[list] * columns);
    for (std::size_t place = 0; place < own.size(); place += columns) {
      const bool fits = own[place] < rows && !seen[own[place]];
      if (!fits)
        storage::throw_corrupt(layout.file.name(), "a row in section " + lists.rows->name(),
                               lists.rows->offset() + (first * columns + place) * sizeof(std::uint32_t),
                               "an existing row that occurs once", std::to_string(own[place]));
      seen[own[place]] = true;
    }
  }
}

}  // namespace nearabout::ivf

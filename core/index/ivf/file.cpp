// Reads lists of codes from their file: see docs/explanation/file-format.md.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "index/calibration/residuals.h"
#include "index/exact/screen.h"
#include "index/ivf/groups.h"
#include "index/ivf/ivf.h"
#include "index/verify.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kLists, kDirections, kBits, kSeed, kFields };
enum TransformNumber : std::size_t { kScale, kLongest, kPointStep, kAlignment, kTransformNumbers };

}  // namespace

IvfIndex::IvfIndex(const storage::File& file, const Descriptor& descriptor)
    : Searcher(descriptor, file.name(), read_calibration(file)),
      file_(file),
      page_cache_(std::make_unique<PageCacheMonitor>(this->file().mapped())),
      vectors_(this->file().has(SectionId::vectors) ? &this->file().section(SectionId::vectors) : nullptr) {
  if (!code_space_of(descriptor.metric) || descriptor.element == Element::bits)
    throw CorruptFileError(this->file().name() + " is corrupt: it claims to have lists of codes with metric " +
                           std::string(name_of(descriptor.metric)) +
                           ", which they do not support. Copy or build it again.");
  if (vectors_) {
    screen_ = screen_of(this->file(), descriptor, *vectors_, kScreenOfRows);
    scan_.emplace(descriptor, *vectors_, screen_ ? &*screen_ : nullptr);
  }
  read_distance_source();
  if (rows() == 0) return;
  read_header();
  read_directions();
  read_lists();
  read_curve();
  read_share();
  read_guard(this->file(), guard_);
  if (distance_source_ == DistanceSource::int8) read_bytes();
  for (const Section* section : {vectors_, list_rows_, list_codes_, byte_codes_, byte_squares_})
    if (section) section->advise(storage::system::Access::anywhere);
}

// Reads the distance source. A file without one compares vectors.
void IvfIndex::read_distance_source() {
  if (!file().has(SectionId::distance_source)) return;
  const Section& section = file().section(SectionId::distance_source);
  section.expect(Element::u64, {1, 1});
  const std::uint64_t found = section.all<std::uint64_t>()[0];
  if (found != static_cast<std::uint64_t>(DistanceSource::int8) &&
      found != static_cast<std::uint64_t>(DistanceSource::codes_alone))
    storage::throw_count(file(), section, 0, "2 (8-bit codes) or 3 (small codes)", found);
  distance_source_ = static_cast<DistanceSource>(found);
}

void IvfIndex::read_bytes() {
  const Section& steps = file().section(SectionId::byte_steps);
  steps.expect(Element::f32, {2, dims()});
  const std::span<const float> numbers = storage::finite_floats(file(), steps);
  for (std::size_t j = dims(); j < numbers.size(); ++j)
    if (numbers[j] < 0) storage::throw_number(file(), steps, j, "a step that is not negative", double{numbers[j]});
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(dims());
  byte_steps_ = ByteSteps({numbers.begin(), middle}, {middle, numbers.end()});
  byte_codes_ = &file().section(SectionId::byte_codes);
  byte_codes_->expect(Element::i8, {rows(), dims()});
  if (transform_.space() != CodeSpace::l2) return;
  byte_squares_ = &file().section(SectionId::byte_squares);
  byte_squares_->expect(Element::f32, {rows(), 1});
}

void IvfIndex::read_header() {
  const Section& section = file().section(SectionId::list_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const CodeShape shape{header[kDirections], header[kBits]};
  if (shape.bits != 1 && shape.bits != 2 && shape.bits != 4)
    storage::throw_count(file(), section, kBits, "1, 2 or 4 bits", header[kBits]);
  if (shape.directions == 0 || shape.directions > kMaxByteDims || shape.directions * shape.bits % 32 != 0)
    storage::throw_count(file(), section, kDirections, "whole lines of codes", header[kDirections]);
  if (header[kLists] == 0 || header[kLists] > rows())
    storage::throw_count(file(), section, kLists, "lists", header[kLists]);
  codes_ = PcaCodes(shape);
  seed_ = header[kSeed];
  const Section& sizes = file().section(SectionId::list_sizes);
  sizes.expect(Element::u32, {header[kLists], 1});
  sizes_ = sizes.all<std::uint32_t>();
}

void IvfIndex::read_directions() {
  const Section& numbers = file().section(SectionId::transform);
  numbers.expect(Element::f64, {1, kTransformNumbers});
  const std::span<const double> values = numbers.all<double>();
  constexpr double kMax = std::numeric_limits<float>::max();
  for (const std::size_t place : {kScale, kPointStep})
    if (!(values[place] > 0 && values[place] <= kMax))
      storage::throw_number(file(), numbers, place, "a float above 0", values[place]);
  if (!(values[kLongest] >= 0 && std::isfinite(values[kLongest])))
    storage::throw_number(file(), numbers, kLongest, "finite and not negative", values[kLongest]);
  transform_ = MetricTransform(*code_space_of(descriptor().metric), dims(), static_cast<float>(values[kScale]),
                               values[kLongest]);
  point_step_ = static_cast<float>(values[kPointStep]);
  if (!(values[kAlignment] >= 0 && values[kAlignment] <= 1))
    storage::throw_number(file(), numbers, kAlignment, "a fraction from 0 to 1", values[kAlignment]);
  guard_.lambda = values[kAlignment];

  const std::size_t transformed = transform_.outputs();
  outputs_ = (shape().directions + kernels::kPanelRows - 1) / kernels::kPanelRows * kernels::kPanelRows;
  direction_bytes_ = &file().section(SectionId::direction_bytes);
  direction_bytes_->expect(Element::u8, {outputs_ / kernels::kPanelRows, kernels::panel_bytes(transformed)});
  const Section& centre = file().section(SectionId::centre);
  centre.expect(Element::f32, {1, transformed});
  centre_ = storage::finite_floats(file(), centre);
  const Section& terms = file().section(SectionId::direction_terms);
  terms.expect(Element::f32, {3, outputs_});
  const std::span<const float> all = storage::finite_floats(file(), terms);
  direction_steps_ = all.subspan(0, outputs_);
  direction_sums_ = all.subspan(outputs_, outputs_);
  direction_centres_ = all.subspan(2 * outputs_, outputs_);
}

void IvfIndex::read_lists() {
  const std::uint64_t count = lists();
  centroid_bytes_ = &file().section(SectionId::centroid_bytes);
  const std::uint64_t panels = (count + kernels::kPanelRows - 1) / kernels::kPanelRows;
  centroid_bytes_->expect(Element::u8, {panels, kernels::panel_bytes(shape().directions)});
  if (count >= kManyLists) {
    const std::uint64_t group_panels = (panels + kernels::kPanelRows - 1) / kernels::kPanelRows;
    group_bytes_ = &file().section(SectionId::group_bytes);
    group_bytes_->expect(Element::u8, {group_panels, kernels::panel_bytes(shape().directions)});
    const Section& squares = file().section(SectionId::group_squares);
    squares.expect(Element::f32, {1, panels});
    group_squares_ = storage::finite_floats(file(), squares);
  }
  const Section& terms = file().section(SectionId::list_terms);
  terms.expect(Element::f32, {4 + kResidualNumbers, count});
  const std::span<const float> all = storage::finite_floats(file(), terms);
  centroid_squares_ = all.subspan(0, count);
  offset_lows_ = all.subspan(count, count);
  offset_steps_ = all.subspan(2 * count, count);
  scale_steps_ = all.subspan(3 * count, count);
  residuals_ = residuals_of(all.subspan(4 * count), sizes_);

  const Section& sizes = file().section(SectionId::list_sizes);
  std::uint64_t sum = 0;
  std::uint64_t blocks = 0;
  for (std::size_t list = 0; list < count; ++list) {
    blocks_.push_back(static_cast<std::uint32_t>(blocks));
    sum += sizes_[list];
    blocks += (std::uint64_t{sizes_[list]} + kernels::kBlockRows - 1) / kernels::kBlockRows;
    if (sum > rows()) storage::throw_count(file(), sizes, list, "no more rows than there are", sizes_[list]);
  }
  if (sum != rows())
    storage::throw_count(file(), sizes, count - 1, "the last of " + std::to_string(rows()) + " rows", sum);
  blocks_.push_back(static_cast<std::uint32_t>(blocks));
  list_codes_ = &file().section(SectionId::list_codes);
  list_codes_->expect(Element::u8, {blocks, kernels::block_bytes(shape().lines())});
  list_rows_ = &file().section(SectionId::list_rows);
  const bool integers = descriptor().element == Element::u8 || descriptor().element == Element::i8;
  const bool squares = integers && distance_source_ == DistanceSource::vectors;
  const std::uint64_t slots = blocks * kernels::kBlockRows;
  list_rows_->expect(Element::u32, {slots, squares ? 2u : 1u});
}

// Reads the curve. An index that is being built has none yet.
void IvfIndex::read_curve() {
  if (!file().has(SectionId::curve)) return;
  const Section& section = file().section(SectionId::curve);
  section.expect(Element::f64, {section.shape().rows, 4});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i + 3 < numbers.size(); i += 4) {
    const auto place = std::find(kCalibratedK.begin(), kCalibratedK.end(), numbers[i]);
    if (place == kCalibratedK.end()) storage::throw_number(file(), section, i, "1, 10 or 100 neighbours", numbers[i]);
    const CurvePoint point{numbers[i + 1], numbers[i + 2], numbers[i + 3]};
    if (!(point.recall > 0 && point.recall <= 1))
      storage::throw_number(file(), section, i + 1, "a fraction up to 1", point.recall);
    if (!(point.probes >= 1 && point.probes <= static_cast<double>(lists())))
      storage::throw_number(file(), section, i + 2, "a number of lists", point.probes);
    if (!(point.depth >= 1 && point.depth <= 1e6))
      storage::throw_number(file(), section, i + 3, "a depth", point.depth);
    curves_.points[static_cast<std::size_t>(place - kCalibratedK.begin())].push_back(point);
  }
}

// Reads the adaptive-probes model. Without it all queries probe the same number of lists.
void IvfIndex::read_share() {
  if (!file().has(SectionId::adaptive_probes)) return;
  const Section& section = file().section(SectionId::adaptive_probes);
  section.expect(Element::f64, {1, 8});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(std::abs(numbers[i]) <= 1e30))
      storage::throw_number(file(), section, i, "a number of at most 1e30", numbers[i]);
  if (!(numbers[3] > 0)) storage::throw_number(file(), section, 3, "above 0", numbers[3]);
  const bool used = numbers[0] != 0 || numbers[1] != 0 || numbers[2] != 0;
  adaptive_probes_ = {
      numbers[0], numbers[1], numbers[2], numbers[3], {numbers[4], numbers[5]}, {numbers[6], numbers[7]}, used};
}

void IvfIndex::throw_row(std::uint64_t row) const {
  storage::throw_corrupt(file().name(), "a row in section " + list_rows_->name(), list_rows_->offset(),
                         "a row below " + std::to_string(rows()), std::to_string(row));
}

// Verifies that each row is in one list, and that squared norms are possible ones.
void IvfIndex::verify(const Monitor& monitor) const {
  if (rows() == 0) return;
  for (std::uint64_t row = 0; byte_squares_ && row < rows(); ++row) {
    const float square = byte_squares_->items<float>(row, 1)[0];
    if (!(std::isfinite(square) && square >= 0))
      storage::throw_number(file(), *byte_squares_, row, "finite and not negative", double{square});
  }
  std::vector<bool> seen(rows(), false);
  const std::uint64_t columns = list_rows_->shape().columns;
  for (std::size_t list = 0; list < lists(); ++list) {
    report(monitor, static_cast<double>(list) / static_cast<double>(lists()));
    const std::uint64_t first = std::uint64_t{blocks_[list]} * kernels::kBlockRows;
    const std::span<const std::uint32_t> own =
        list_rows_->items<std::uint32_t>(first * columns, sizes_[list] * columns);
    for (std::size_t place = 0; place < own.size(); place += columns) {
      const bool fits = own[place] < rows() && !seen[own[place]];
      if (!fits)
        storage::throw_corrupt(file().name(), "a row in section " + list_rows_->name(),
                               list_rows_->offset() + (first * columns + place) * sizeof(std::uint32_t),
                               "an existing row that occurs once", std::to_string(own[place]));
      seen[own[place]] = true;
    }
  }
}

}  // namespace nearabout

// Encodes rows as bytes: a pass for the range of each dimension, and one for the bytes and their errors.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/threads.h"
#include "quantize/byte_bounds_file.h"
#include "quantize/steps_file.h"
#include "storage/spill_buffer.h"

namespace nearabout::quantize {
namespace {

using storage::SectionId;
using transform::CodeSpace;

constexpr std::size_t kBoundRows = 16;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;  // approximate bytes of rows written by one call
constexpr double kLargestWhole = 1 << 20;                  // whole numbers up to this have exact centres

// The values of each dimension, over some rows.
struct Ranges {
  explicit Ranges(std::size_t dims)
      : least(dims, std::numeric_limits<float>::infinity()), largest(dims, -least[0]), fractions(dims, 0.0f) {}
  void add(const float* row) {
    for (std::size_t j = 0; j < least.size(); ++j) {
      least[j] = std::min(least[j], row[j]);
      largest[j] = std::max(largest[j], row[j]);
      // Adding and subtracting rounds to a whole number; what is beyond float's whole numbers is excluded later.
      constexpr float kWholeFloat = 0x1.8p23f;
      fractions[j] = std::max(fractions[j], std::abs(row[j] - (row[j] + kWholeFloat - kWholeFloat)));
    }
  }
  void merge(const Ranges& other) {
    for (std::size_t j = 0; j < least.size(); ++j) {
      least[j] = std::min(least[j], other.least[j]);
      largest[j] = std::max(largest[j], other.largest[j]);
      fractions[j] = std::max(fractions[j], other.fractions[j]);
    }
  }
  std::vector<float> least, largest, fractions;
};

// One thread's work space: the rows of a task, of unit length under cosine.
class Rows {
 public:
  Rows(const transform::RowReader& read, std::size_t dims, CodeSpace space)
      : read_(&read), dims_(dims), space_(space), values_(kBoundRows * dims) {}

  const float* read(std::size_t begin, std::size_t end) {
    (*read_)(begin, end, values_.data());
    if (space_ == CodeSpace::cosine) transform::normalise(values_.data(), end - begin, dims_);
    return values_.data();
  }

 private:
  const transform::RowReader* read_;
  std::size_t dims_;
  CodeSpace space_;
  std::vector<float> values_;
};

// Chooses the centre and the step of a dimension.
void add_grid(double least, double largest, bool whole, std::vector<float>& centres, std::vector<float>& steps) {
  const bool fits = whole && std::max(std::abs(least), std::abs(largest)) <= kLargestWhole && largest - least <= 255;
  const double centre = (least + largest) / 2;
  centres.push_back(static_cast<float>(fits ? std::ceil(centre) : centre));
  steps.push_back(static_cast<float>(least == largest ? 0 : fits ? 1 : (largest - least) / 254));
}

ByteBounds grids_of(const Ranges& ranges, CodeSpace space) {
  std::vector<float> centres;
  std::vector<float> steps;
  for (std::size_t j = 0; j < ranges.least.size(); ++j)
    add_grid(double{ranges.least[j]}, double{ranges.largest[j]}, ranges.fractions[j] == 0, centres, steps);
  return {space, std::move(centres), std::move(steps), 0, 0};
}

double length_of(const std::int8_t* bytes, std::size_t dims) {
  std::int64_t sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += bytes[j] * bytes[j];
  return std::sqrt(static_cast<double>(sum)) * (1 + 1e-9);
}

}  // namespace

void write_byte_bounds(storage::Writer& writer, const transform::RowReader& read, std::size_t rows, std::size_t dims,
                       CodeSpace space, const std::string* scratch, std::size_t threads, const Monitor& monitor) {
  if (rows == 0) return;
  std::vector<Rows> work(threads, Rows(read, dims, space));
  std::vector<Ranges> ranges(threads, Ranges(dims));
  const auto look = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    const float* const values = work[worker].read(begin, end);
    for (std::size_t i = 0; i < end - begin; ++i) ranges[worker].add(values + i * dims);
  };
  parallel_for(rows, kBoundRows, threads, look, subprogress(monitor, 0.0, 0.4));
  for (const Ranges& other : ranges) ranges[0].merge(other);
  const ByteBounds bounds = grids_of(ranges[0], space);

  const std::size_t chunk = std::max(kBoundRows, kChunkBytes / dims);
  std::vector<std::int8_t> bytes(std::min(chunk, rows) * dims);
  std::vector<float> squares(std::min(chunk, rows));
  std::vector<double> errors(threads, 0.0);
  std::vector<double> lengths(threads, 0.0);
  storage::SpillBuffer all_squares(sizeof(float), scratch);
  writer.begin(SectionId::bound_bytes, Element::i8, {rows, dims}, storage::Need::optional);
  for (std::size_t begin = 0; begin < rows; begin += chunk) {
    report(monitor, 0.4 + 0.6 * static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(chunk, rows - begin);
    parallel_for(count, kBoundRows, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
      const float* const values = work[worker].read(begin + first, begin + last);
      for (std::size_t i = first; i < last; ++i) {
        const float* const row = values + (i - first) * dims;
        std::int8_t* const to = bytes.data() + i * dims;
        bounds.encode(row, to);
        squares[i] = bounds.square(to);
        errors[worker] = std::max(errors[worker], bounds.error_of(row, to));
        lengths[worker] = std::max(lengths[worker], length_of(to, dims));
      }
    });
    writer.append(std::as_bytes(std::span(bytes.data(), count * dims)));
    all_squares.append(std::as_bytes(std::span(squares.data(), count)));
  }
  writer.end();
  if (space != CodeSpace::inner_product)
    all_squares.write(writer, SectionId::bound_squares, Element::f32, 1, storage::Need::optional);
  write_steps(writer, SectionId::bound_steps, bounds.centres(), bounds.steps(), storage::Need::optional);
  const double most[] = {*std::ranges::max_element(errors), *std::ranges::max_element(lengths)};
  writer.add<double>(SectionId::bound_errors, {1, 2}, most, storage::Need::optional);
}

}  // namespace nearabout::quantize

#include "quantize/byte_rows_build.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/threads.h"
#include "quantize/steps_file.h"
#include "storage/spill_buffer.h"

namespace nearabout::quantize {
namespace {

using storage::SectionId;
using transform::MetricTransform;

constexpr std::size_t kByteRowsPerTask = 16;               // rows per task of a thread
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;  // approximate bytes of codes written by one call

// One thread's work space: rows as given, then transformed.
class TransformedRows {
 public:
  explicit TransformedRows(const MetricTransform& transform) : transform_(transform) {}

  void read(const transform::RowReader& read, std::size_t begin, std::size_t end) {
    vectors_.resize((end - begin) * transform_.inputs());
    transformed_.resize((end - begin) * transform_.outputs());
    read(begin, end, vectors_.data());
    transform_.rows(vectors_.data(), end - begin, transformed_.data());
  }
  const float* row(std::size_t i) const { return transformed_.data() + i * transform_.outputs(); }

 private:
  const MetricTransform& transform_;
  std::vector<float> vectors_, transformed_;
};

ByteRanges ranges_of(const MetricTransform& transform, const transform::RowReader& read, std::size_t rows,
                     std::size_t threads, const Monitor& monitor) {
  std::vector<ByteRanges> found(threads, ByteRanges(transform.inputs()));
  std::vector<TransformedRows> transformed(threads, TransformedRows(transform));
  const auto look = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    transformed[worker].read(read, begin, end);
    for (std::size_t i = 0; i < end - begin; ++i) found[worker].add(transformed[worker].row(i));
  };
  parallel_for(rows, kByteRowsPerTask, threads, look, monitor);
  for (const ByteRanges& other : found) found[0].merge(other);
  return found[0];
}

// Throws if coordinates have been clipped: the bytes would then not decode to the vectors.
void require_holdable(const ByteRanges& ranges) {
  const auto within = [](float number) { return std::abs(double{number}) < transform::kMaxTransformed; };
  if (std::all_of(ranges.least().begin(), ranges.least().end(), within) &&
      std::all_of(ranges.largest().begin(), ranges.largest().end(), within))
    return;
  throw InvalidInputError(
      "some numbers are so much larger than most that 8-bit codes cannot represent both; remove those rows, or "
      "keep the vectors (keep_vectors=True)");
}

}  // namespace

void write_byte_rows(storage::Writer& writer, const MetricTransform& transform, const transform::RowReader& read,
                     std::size_t rows, const std::string* scratch, std::size_t threads, const Monitor& monitor) {
  const std::size_t dims = transform.inputs();
  const ByteRanges ranges = ranges_of(transform, read, rows, threads, subprogress(monitor, 0.0, 0.4));
  if (transform.space() == transform::CodeSpace::l2) require_holdable(ranges);
  const ByteSteps steps(ranges);
  write_steps(writer, SectionId::byte_steps, steps.centres(), steps.steps());
  const std::size_t block = std::max(kByteRowsPerTask, kChunkBytes / dims);
  storage::SpillBuffer all_squares(sizeof(float), scratch);
  std::vector<std::int8_t> codes(std::min(block, rows) * dims);
  std::vector<float> squares(std::min(block, rows));
  std::vector<TransformedRows> transformed(threads, TransformedRows(transform));
  writer.begin(SectionId::byte_codes, Element::i8, {rows, dims});
  for (std::size_t begin = 0; begin < rows; begin += block) {
    report(monitor, 0.4 + 0.6 * static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(block, rows - begin);
    parallel_for(count, kByteRowsPerTask, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
      transformed[worker].read(read, begin + first, begin + last);
      for (std::size_t i = first; i < last; ++i) {
        steps.encode(transformed[worker].row(i - first), codes.data() + i * dims);
        squares[i] = steps.square(codes.data() + i * dims);
      }
    });
    writer.append(std::as_bytes(std::span(codes.data(), count * dims)));
    all_squares.append(std::as_bytes(std::span(squares.data(), count)));
  }
  writer.end();
  if (transform.space() == transform::CodeSpace::l2)
    all_squares.write(writer, SectionId::byte_squares, Element::f32, 1);
}

}  // namespace nearabout::quantize

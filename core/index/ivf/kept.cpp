#include "index/ivf/kept.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/threads.h"

namespace nearabout {
namespace {

using storage::SectionId;

constexpr std::size_t kRowsAtATime = 16;                   // of a thread
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;  // of codes that are written by one call, about

// One thread's work space: rows as they were given, then lifted.
class LiftedRows {
 public:
  explicit LiftedRows(const Lift& lift) : lift_(lift) {}

  void read(const RowReader& read, std::size_t begin, std::size_t end) {
    vectors_.resize((end - begin) * lift_.inputs());
    lifted_.resize((end - begin) * lift_.outputs());
    read(begin, end, vectors_.data());
    lift_.rows(vectors_.data(), end - begin, lifted_.data());
  }
  const float* row(std::size_t i) const { return lifted_.data() + i * lift_.outputs(); }

 private:
  const Lift& lift_;
  std::vector<float> vectors_, lifted_;
};

ByteRanges ranges_of(const Lift& lift, const RowReader& read, std::size_t rows, std::size_t threads,
                     const Monitor& monitor) {
  std::vector<ByteRanges> found(threads, ByteRanges(lift.inputs()));
  std::vector<LiftedRows> lifted(threads, LiftedRows(lift));
  const auto look = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    lifted[worker].read(read, begin, end);
    for (std::size_t i = 0; i < end - begin; ++i) found[worker].add(lifted[worker].row(i));
  };
  parallel_for(rows, kRowsAtATime, threads, look, monitor);
  for (const ByteRanges& other : found) found[0].merge(other);
  return found[0];
}

// Where some numbers are cut off, bytes in place of vectors would not be what they stand for.
void require_holdable(const ByteRanges& ranges) {
  const auto within = [](float number) { return std::abs(double{number}) < kMostLifted; };
  if (std::all_of(ranges.least().begin(), ranges.least().end(), within) &&
      std::all_of(ranges.largest().begin(), ranges.largest().end(), within))
    return;
  throw InvalidInputError(
      "some numbers are so much larger than most that bytes cannot stand for both; leave such rows out, or keep the "
      "vectors (keep_vectors=True)");
}

void write_steps(storage::Writer& writer, const ByteSteps& steps) {
  std::vector<float> numbers = steps.centres();
  numbers.insert(numbers.end(), steps.steps().begin(), steps.steps().end());
  writer.add<float>(SectionId::byte_steps, {2, steps.dims()}, numbers);
}

}  // namespace

void write_byte_rows(storage::Writer& writer, const LearntLists& learnt, const RowReader& read, std::size_t rows,
                     const std::string* beside, std::size_t threads, const Monitor& monitor) {
  const Lift& lift = learnt.lift;
  const std::size_t dims = lift.inputs();
  const ByteRanges ranges = ranges_of(lift, read, rows, threads, step_of(monitor, 0.0, 0.4));
  if (lift.space() == Space::squared) require_holdable(ranges);
  const ByteSteps steps(ranges);
  write_steps(writer, steps);
  const std::size_t block = std::max(kRowsAtATime, kBlockBytes / dims);
  Column all_squares(sizeof(float), beside);
  std::vector<std::int8_t> codes(std::min(block, rows) * dims);
  std::vector<float> squares(std::min(block, rows));
  std::vector<LiftedRows> lifted(threads, LiftedRows(lift));
  writer.begin(SectionId::byte_codes, Element::i8, {rows, dims});
  for (std::size_t begin = 0; begin < rows; begin += block) {
    report(monitor, 0.4 + 0.6 * static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(block, rows - begin);
    parallel_for(count, kRowsAtATime, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
      lifted[worker].read(read, begin + first, begin + last);
      for (std::size_t i = first; i < last; ++i) {
        steps.encode(lifted[worker].row(i - first), codes.data() + i * dims);
        squares[i] = steps.square(codes.data() + i * dims);
      }
    });
    writer.append(std::as_bytes(std::span(codes.data(), count * dims)));
    all_squares.append(std::as_bytes(std::span(squares.data(), count)));
  }
  writer.end();
  if (lift.space() == Space::squared) all_squares.write(writer, SectionId::byte_squares, Element::f32, 1);
}

}  // namespace nearabout

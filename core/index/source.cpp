#include "index/source.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"

namespace nearabout {
namespace {

constexpr std::size_t kRowsAtATime = 256;

bool all_finite(const float* values, std::size_t count) {
  // A product with zero is NaN for NaN and infinity alone; four sums, so that the compiler can work on four at once.
  float sums[4] = {};
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += values[j + lane] * 0.0f;
  for (; j < count; ++j) sums[0] += values[j] * 0.0f;
  return sums[0] + sums[1] + sums[2] + sums[3] == 0.0f;
}

bool all_zero(const std::byte* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

Source::Source(MatrixView input, Element stored, Metric metric, OnBad on_bad, std::size_t threads,
               const Monitor& monitor)
    : input_(input), stored_(stored), metric_(metric) {
  require_comparable(metric, stored, input.dims);
  if (input.rows >= 0xFFFF'FFFFu)
    throw InvalidInput(std::to_string(input.rows) + " vectors were given; an index holds fewer than 2^32 - 1");
  if ((stored == Element::bits) != (input.element == Element::bits))
    throw InvalidInput("bits are stored as bits: pack boolean vectors, or choose another dtype");

  std::vector<Fault> faults(input.rows, Fault::none);
  parallel_for(
      input.rows, kRowsAtATime, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<float> scratch(dims());
        std::vector<std::byte> row(row_bytes(stored_, dims()));
        for (std::size_t i = begin; i < end; ++i) faults[i] = convert(input_.row(i), row.data(), scratch);
      },
      monitor);
  if (std::all_of(faults.begin(), faults.end(), [](Fault fault) { return fault == Fault::none; })) return;
  if (on_bad == OnBad::error) refuse(faults);
  for (std::uint32_t row = 0; row < faults.size(); ++row)
    (faults[row] == Fault::none ? kept_ : skipped_).push_back(row);
}

Source::Fault Source::convert(const std::byte* from, std::byte* to, std::vector<float>& scratch) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  if (stored_ == Element::bits) {
    std::memcpy(to, from, bytes);
    if (dims() % 8 != 0) to[bytes - 1] &= static_cast<std::byte>((1u << (dims() % 8)) - 1);
    return Fault::none;
  }
  if (input_.element == stored_ && (stored_ == Element::u8 || stored_ == Element::i8)) {
    std::memcpy(to, from, bytes);
    return metric_ == Metric::cosine && all_zero(to, bytes) ? Fault::zero : Fault::none;
  }
  to_f32(input_.element, from, dims(), scratch.data());
  if (!all_finite(scratch.data(), dims())) {
    // A float64 beyond float32's range is finite all the same: too large, not infinite.
    for (std::size_t j = 0; input_.element == Element::f64 && j < dims(); ++j) {
      double value;
      std::memcpy(&value, from + j * sizeof value, sizeof value);
      if (!std::isfinite(value)) return Fault::not_finite;
    }
    return input_.element == Element::f64 ? Fault::too_large : Fault::not_finite;
  }
  if (from_f32(scratch.data(), dims(), stored_, to) != dims()) return Fault::too_large;
  if (metric_ == Metric::haversine && std::abs(scratch[0]) > 90.0f) return Fault::latitude;
  if (metric_ != Metric::cosine) return Fault::none;
  to_f32(stored_, to, dims(), scratch.data());
  return std::all_of(scratch.begin(), scratch.end(), [](float value) { return value == 0; }) ? Fault::zero
                                                                                             : Fault::none;
}

void Source::refuse(const std::vector<Fault>& faults) const {
  const auto first = std::find_if(faults.begin(), faults.end(), [](Fault fault) { return fault != Fault::none; });
  const auto count = faults.size() - static_cast<std::size_t>(std::count(faults.begin(), faults.end(), Fault::none));
  const std::string row = std::to_string(first - faults.begin());
  std::string what;
  switch (*first) {
    case Fault::too_large:
      what = "row " + row + " has a number that " + std::string(name_of(stored_)) +
             " cannot hold (out of range, or not whole)";
      break;
    case Fault::zero:
      what = "row " + row + " is a zero vector, which has no direction and so no cosine";
      break;
    case Fault::latitude:
      what = "row " + row + " has a latitude beyond 90 degrees (the order is latitude, longitude)";
      break;
    default:
      what = "row " + row + " has NaN or infinity";
  }
  const std::string rows = count == 1 ? "the only such row" : "the first of " + std::to_string(count) + " such rows";
  throw InvalidInput(what + ", " + rows + "; mend the data, or leave such rows out with on_bad='skip'");
}

void Source::read(std::size_t begin, std::size_t end, std::byte* to) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  std::vector<float> scratch(dims());
  for (std::size_t row = begin; row < end; ++row, to += bytes) convert(input_row(row), to, scratch);
}

void Source::read_f32(std::size_t begin, std::size_t end, float* to) const {
  std::vector<std::byte> row(row_bytes(stored_, dims()));
  for (std::size_t i = begin; i < end; ++i, to += dims()) {
    read(i, i + 1, row.data());
    to_f32(stored_, row.data(), dims(), to);
  }
}

void Source::write(storage::Writer& writer, const Monitor& monitor) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  std::vector<std::byte> block(kRowsAtATime * bytes);
  writer.begin(storage::SectionId::vectors, stored_, {rows(), dims()});
  for (std::size_t begin = 0; begin < rows(); begin += kRowsAtATime) {
    const std::size_t end = std::min(begin + kRowsAtATime, rows());
    read(begin, end, block.data());
    writer.append({block.data(), (end - begin) * bytes});
    if (begin / kRowsAtATime % 64 == 0) report(monitor, static_cast<double>(begin) / static_cast<double>(rows()));
  }
  writer.end();
}

}  // namespace nearabout

#include "index/validated_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"

namespace nearabout::index {
namespace {

using metric::Metric;

constexpr std::size_t kRowsChecked = 4096;  // most rows that a worker takes at a time
constexpr std::size_t kWrittenBytes = 1 << 20;

bool all_finite(const float* values, std::size_t count) {
  // A product with zero is NaN only for NaN and infinity. Four sums let the compiler vectorize.
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

// The invalid rows that one worker found.
struct ValidatedRows::Faults {
  std::size_t count = 0;
  std::size_t first_row = 0;
  Fault first = Fault::none;
  std::vector<std::uint32_t> rows;  // with InvalidRows::skip
  // Its buffers.
  std::vector<std::byte> buffer, row;
  std::vector<float> scratch;

  void add(std::size_t bad_row, Fault fault) {
    if (count++ != 0 && bad_row > first_row) return;
    first_row = bad_row;
    first = fault;
  }
};

ValidatedRows::ValidatedRows(InputRows input, Element stored, Metric metric, InvalidRows invalid, std::size_t threads,
                             const Monitor& monitor)
    : input_(std::move(input)), stored_(stored), metric_(metric) {
  metric::require_comparable(metric, stored, input_.dims());
  if (input_.rows() >= 0xFFFF'FFFFu)
    throw InvalidInputError(std::to_string(input_.rows()) + " vectors were given; an index holds fewer than 2^32 - 1");
  if ((stored == Element::bits) != (input_.element() == Element::bits))
    throw InvalidInputError("bits are stored as bits: pack boolean vectors, or choose another dtype");
  check(invalid, std::max<std::size_t>(threads, 1), monitor);
}

void ValidatedRows::check(InvalidRows invalid, std::size_t threads, const Monitor& monitor) {
  std::vector<Faults> found(threads);
  parallel_for(
      input_.rows(), std::min(input_.block_rows(), kRowsChecked), threads,
      [&](std::size_t begin, std::size_t end, std::size_t worker) {
        Faults& faults = found[worker];
        faults.scratch.resize(dims());
        faults.row.resize(row_bytes(stored_, dims()));
        const MatrixView rows = input_.read(begin, end, faults.buffer);
        for (std::size_t i = begin; i < end; ++i) {
          const Fault fault = convert(rows.row(i - begin), faults.row.data(), faults.scratch);
          if (fault == Fault::none) continue;
          faults.add(i, fault);
          if (invalid == InvalidRows::skip) faults.rows.push_back(static_cast<std::uint32_t>(i));
        }
      },
      monitor);

  std::size_t count = 0;
  const Faults* first = nullptr;
  for (const Faults& faults : found) {
    count += faults.count;
    skipped_.insert(skipped_.end(), faults.rows.begin(), faults.rows.end());
    if (faults.count != 0 && (first == nullptr || faults.first_row < first->first_row)) first = &faults;
  }
  if (first != nullptr && invalid == InvalidRows::refuse) refuse(first->first_row, first->first, count);
  std::sort(skipped_.begin(), skipped_.end());
}

ValidatedRows::Fault ValidatedRows::convert(const std::byte* from, std::byte* to, std::vector<float>& scratch) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  if (stored_ == Element::bits) {
    std::memcpy(to, from, bytes);
    if (dims() % 8 != 0) to[bytes - 1] &= static_cast<std::byte>((1u << (dims() % 8)) - 1);
    return Fault::none;
  }
  // Read the row once and check that copy: someone may be writing to the input.
  if (input_.element() == stored_) {
    std::memcpy(to, from, bytes);
    if (is_byte(stored_)) return metric_ == Metric::cosine && all_zero(to, bytes) ? Fault::zero : Fault::none;
    to_f32(stored_, to, dims(), scratch.data());
  } else {
    to_f32(input_.element(), from, dims(), scratch.data());
  }
  if (!all_finite(scratch.data(), dims())) {
    // A float64 beyond the range of float32 is finite: too large, not infinite.
    for (std::size_t j = 0; input_.element() == Element::f64 && j < dims(); ++j) {
      double value;
      std::memcpy(&value, from + j * sizeof value, sizeof value);
      if (!std::isfinite(value)) return Fault::not_finite;
    }
    return input_.element() == Element::f64 ? Fault::too_large : Fault::not_finite;
  }
  if (input_.element() != stored_ && from_f32(scratch.data(), dims(), stored_, to) != dims()) return Fault::too_large;
  if (metric_ == Metric::haversine && std::abs(scratch[0]) > 90.0f) return Fault::latitude;
  if (metric_ != Metric::cosine) return Fault::none;
  if (input_.element() != stored_) to_f32(stored_, to, dims(), scratch.data());
  return std::all_of(scratch.begin(), scratch.end(), [](float value) { return value == 0; }) ? Fault::zero
                                                                                             : Fault::none;
}

// Returns the sentence about a row that is stored as zero under cosine: it is zero, or its numbers are too small.
std::string ValidatedRows::zero_sentence(std::size_t row) const {
  std::vector<std::byte> buffer;
  const std::byte* from = input_.read(row, row + 1, buffer).row(0);
  double largest = 0;
  std::vector<float> values(dims());
  if (input_.element() != Element::f64) to_f32(input_.element(), from, dims(), values.data());
  for (std::size_t j = 0; j < dims(); ++j) {
    double value = double{values[j]};
    if (input_.element() == Element::f64) std::memcpy(&value, from + j * sizeof value, sizeof value);
    largest = std::max(largest, std::abs(value));
  }
  if (largest == 0) return " is a zero vector, which has no direction and so no cosine";
  return " has only numbers that are zero as " + std::string(name_of(stored_)) + " (the largest is about 1e" +
         std::to_string(std::lround(std::log10(largest))) + ": scale the vectors up)";
}

std::string ValidatedRows::sentence_of(std::size_t bad_row, Fault fault) const {
  const std::string row = std::to_string(bad_row);
  switch (fault) {
    case Fault::too_large:
      return "row " + row + " has a number that " + std::string(name_of(stored_)) +
             " cannot hold (out of range, or not whole)";
    case Fault::zero:
      return "row " + row + zero_sentence(bad_row);
    case Fault::latitude:
      return "row " + row + " has a latitude beyond 90 degrees (the order is latitude, longitude)";
    default:
      return "row " + row + " has NaN or infinity";
  }
}

void ValidatedRows::refuse(std::size_t bad_row, Fault fault, std::size_t count) const {
  const std::string rows = count == 1 ? "the only such row" : "the first of " + std::to_string(count) + " such rows";
  throw InvalidInputError(sentence_of(bad_row, fault) + ", " + rows +
                          "; correct the data, or leave such rows out with invalid='skip'");
}

void ValidatedRows::refuse_changed(std::size_t row, Fault fault) const {
  check_unchanged();
  throw InvalidInputError("the vectors changed while the index was built: " + sentence_of(row, fault) +
                          ", and had not before; keep others from writing to them, or build from a copy");
}

// Calls take(bytes of a row, its number in the input) for the valid rows [begin, end), in order. Holds at most one
// block of rows in memory.
template <class Take>
void ValidatedRows::each_row(std::size_t begin, std::size_t end, Take take) const {
  // Valid row k is row k + j of the input, j being the number of skipped rows with skipped_[j] - j <= k.
  std::size_t low = 0;
  std::size_t high = skipped_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (skipped_[middle] - middle <= begin)
      low = middle + 1;
    else
      high = middle;
  }
  std::vector<std::byte> buffer;
  std::size_t row = begin + low;
  for (std::size_t next = low; begin < end;) {
    const std::size_t together = next < skipped_.size() ? skipped_[next] - row : end - begin;
    const std::size_t count = std::min({together, end - begin, input_.block_rows()});
    const MatrixView rows = input_.read(row, row + count, buffer);
    for (std::size_t i = 0; i < count; ++i) take(rows.row(i), row + i);
    begin += count;
    row += count;
    while (next < skipped_.size() && skipped_[next] == row) {
      ++next;
      ++row;
    }
  }
}

void ValidatedRows::read(std::size_t begin, std::size_t end, std::byte* to) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  std::vector<float> scratch(dims());
  each_row(begin, end, [&](const std::byte* row, std::size_t number) {
    const Fault fault = convert(row, to, scratch);
    if (fault != Fault::none) refuse_changed(number, fault);
    to += bytes;
  });
}

void ValidatedRows::read_f32(std::size_t begin, std::size_t end, float* to) const {
  std::vector<std::byte> stored(row_bytes(stored_, dims()));
  std::vector<float> scratch(dims());
  each_row(begin, end, [&](const std::byte* row, std::size_t number) {
    const Fault fault = convert(row, stored.data(), scratch);
    if (fault != Fault::none) refuse_changed(number, fault);
    to_f32(stored_, stored.data(), dims(), to);
    to += dims();
  });
}

void ValidatedRows::write(storage::Writer& writer, const Monitor& monitor) const {
  const std::size_t bytes = row_bytes(stored_, dims());
  const std::size_t step = std::max<std::size_t>(1, kWrittenBytes / bytes);
  std::vector<std::byte> block(std::min(step, rows()) * bytes);
  writer.begin(storage::SectionId::vectors, stored_, {rows(), dims()});
  for (std::size_t begin = 0; begin < rows(); begin += step) {
    const std::size_t end = std::min(begin + step, rows());
    read(begin, end, block.data());
    writer.append({block.data(), (end - begin) * bytes});
    if (begin / step % 16 == 0) report(monitor, static_cast<double>(begin) / static_cast<double>(rows()));
  }
  writer.end();
}

}  // namespace nearabout::index

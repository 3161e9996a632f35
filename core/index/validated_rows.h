// Vectors on their way into an index: checked at every reading, and read as they will be stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/element.h"
#include "base/monitor.h"
#include "index/input_rows.h"
#include "metric/metric.h"
#include "storage/writer.h"

namespace nearabout {

enum class InvalidRows { refuse, skip };

class ValidatedRows {
 public:
  // The element of `input` is a stored type or f64, its dims the vectors' (bits: of bits). A bad row has NaN or
  // infinity, a number that `stored` cannot hold, no direction (zero under cosine), or a latitude beyond 90 degrees.
  // InvalidRows::refuse: InvalidInputError names the first and how many there are. InvalidRows::skip: they are left
  // out. Besides a block of rows for each thread, nothing is held but the numbers of the rows that are left out.
  ValidatedRows(InputRows input, Element stored, Metric metric, InvalidRows invalid, std::size_t threads,
                const Monitor& monitor);

  std::size_t rows() const { return input_.rows() - skipped_.size(); }
  std::size_t dims() const { return input_.dims(); }
  Element element() const { return stored_; }
  Metric metric() const { return metric_; }
  // Rows of the input that were left out, in order.
  const std::vector<std::uint32_t>& skipped() const { return skipped_; }

  // Rows [begin, end) as stored, one after the other. Any number of threads may read. InvalidInputError for a row that
  // has become a bad one: what is read is always sound, but where somebody writes to the input, two readings of a row
  // may differ.
  void read(std::size_t begin, std::size_t end, std::byte* to) const;
  // The same widened to float32; bits become zeros and ones.
  void read_f32(std::size_t begin, std::size_t end, float* to) const;

  // Adds the vectors section.
  void write(storage::Writer& writer, const Monitor& monitor) const;
  // To be called after the last read: CorruptFileError where the rows come from a file that changed meanwhile.
  void check_unchanged() const { input_.check_unchanged(); }

 private:
  enum class Fault : std::uint8_t { none, not_finite, too_large, zero, latitude };
  struct Faults;
  Fault convert(const std::byte* from, std::byte* to, std::vector<float>& scratch) const;
  void check(InvalidRows invalid, std::size_t threads, const Monitor& monitor);
  std::string zero_sentence(std::size_t row) const;
  std::string sentence_of(std::size_t row, Fault fault) const;
  [[noreturn]] void refuse(std::size_t row, Fault fault, std::size_t count) const;
  [[noreturn]] void refuse_changed(std::size_t row, Fault fault) const;
  template <class Take>
  void each_row(std::size_t begin, std::size_t end, Take take) const;

  InputRows input_;
  Element stored_;
  Metric metric_;
  std::vector<std::uint32_t> skipped_;
};

}  // namespace nearabout

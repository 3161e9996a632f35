// The rows that an index is built from, validated at every read and converted to the stored type.
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

namespace nearabout::index {

enum class InvalidRows { refuse, skip };

class ValidatedRows {
 public:
  // Reads and checks all rows once. The element of `input` is a stored type or f64; dims are those of a vector (of
  // bits: the number of bits). A row is invalid if it has NaN or infinity, a number that `stored` cannot hold, no
  // direction (zero under cosine), or a latitude beyond 90 degrees. With InvalidRows::refuse, throws InvalidInputError,
  // which names the first invalid row and their number. With InvalidRows::skip, leaves them out. Holds one block of
  // rows per thread and the numbers of the rows that are left out.
  ValidatedRows(InputRows input, Element stored, metric::Metric metric, InvalidRows invalid, std::size_t threads,
                const Monitor& monitor);

  std::size_t rows() const { return input_.rows() - skipped_.size(); }
  std::size_t dims() const { return input_.dims(); }
  Element element() const { return stored_; }
  metric::Metric metric() const { return metric_; }
  // Returns the rows of the input that were left out, in ascending order.
  const std::vector<std::uint32_t>& skipped() const { return skipped_; }

  // Reads rows [begin, end) in the stored type, one after the other. Thread-safe. Throws InvalidInputError for a row
  // that has become invalid: rows that are read are always valid, but if someone writes to the input, two reads of a
  // row may differ.
  void read(std::size_t begin, std::size_t end, std::byte* to) const;
  // Reads rows [begin, end) as float32; bits become zeros and ones.
  void read_f32(std::size_t begin, std::size_t end, float* to) const;

  // Writes the section of vectors.
  void write(storage::Writer& writer, const Monitor& monitor) const;
  // Throws CorruptFileError if the rows come from a file that has changed. To be called after the last read.
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
  metric::Metric metric_;
  std::vector<std::uint32_t> skipped_;
};

}  // namespace nearabout::index

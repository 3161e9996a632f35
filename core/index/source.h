// Vectors on their way into an index: checked once, then read as they will be stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/element.h"
#include "base/matrix.h"
#include "base/monitor.h"
#include "metric/metric.h"
#include "storage/writer.h"

namespace nearabout {

enum class OnBad { error, skip };

class Source {
 public:
  // `input` outlives the source; its element is a stored type or f64, its dims the vectors' (bits: of bits). A bad row
  // has NaN or infinity, a number that `stored` cannot hold, no direction (zero under cosine), or a latitude beyond 90
  // degrees. OnBad::error: InvalidInput names the first and how many there are. OnBad::skip: they are left out.
  Source(MatrixView input, Element stored, Metric metric, OnBad on_bad, std::size_t threads, const Monitor& monitor);

  std::size_t rows() const { return input_.rows - skipped_.size(); }
  std::size_t dims() const { return input_.dims; }
  Element element() const { return stored_; }
  Metric metric() const { return metric_; }
  // Rows of the input that were left out, in order.
  const std::vector<std::uint32_t>& skipped() const { return skipped_; }

  // Rows [begin, end) as stored, one after the other.
  void read(std::size_t begin, std::size_t end, std::byte* to) const;
  // The same widened to float32; not for bits.
  void read_f32(std::size_t begin, std::size_t end, float* to) const;

  // Adds the vectors section.
  void write(storage::Writer& writer, const Monitor& monitor) const;

 private:
  enum class Fault : std::uint8_t { none, not_finite, too_large, zero, latitude };
  Fault convert(const std::byte* from, std::byte* to, std::vector<float>& scratch) const;
  [[noreturn]] void refuse(const std::vector<Fault>& faults) const;
  const std::byte* input_row(std::size_t row) const { return input_.row(kept_.empty() ? row : kept_[row]); }

  MatrixView input_;
  Element stored_;
  Metric metric_;
  std::vector<std::uint32_t> skipped_;
  std::vector<std::uint32_t> kept_;  // empty where nothing was skipped
};

}  // namespace nearabout

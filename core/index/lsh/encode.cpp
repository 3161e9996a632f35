#include "index/lsh/encode.h"

#include <algorithm>

#include "base/spread_rows.h"
#include "index/calibration/calibration_queries.h"
#include "quantize/binary_codes_file.h"
#include "quantize/sampled_bits.h"
#include "quantize/transform_file.h"
#include "transform/fit_metric_transform.h"
#include "transform/space.h"
#include "transform/transformed_reader.h"

namespace nearabout::lsh {
namespace {

// Returns a sample of the rows without those that will calibrate what is learnt from it.
transform::Sample sample_of(const transform::RowReader& read, std::size_t rows, std::size_t dims) {
  const std::size_t wanted = std::min(rows, quantize::kPlaneSampleRows);
  transform::Sample sample{{}, 0, dims};
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t row = spread_row(i, wanted, rows);
    if (calibration::is_held_out(row, rows)) continue;
    sample.values.resize((sample.rows + 1) * dims);
    read(row, row + 1, sample.values.data() + sample.rows++ * dims);
  }
  return sample;
}

}  // namespace

RowEncoder::RowEncoder(const index::ValidatedRows& source, const HashSettings& settings, std::size_t threads)
    : source_(source), settings_(settings) {
  if (settings.hashing == Hashing::bits) {
    positions_ = quantize::sample_positions(source.dims(), settings.all_bits(), settings.seed);
    return;
  }
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    source.read_f32(begin, end, to);
  };
  transform_ = transform::fit_metric_transform(read, source.rows(), source.dims(),
                                               *transform::code_space_of(source.metric()), threads);
  const transform::RowReader transformed = transform::TransformedReader(read, transform_);
  const transform::Sample sample =
      transform::without_far_rows(sample_of(transformed, source.rows(), transform_.outputs()));
  const quantize::Planes planes =
      settings.hashing == Hashing::itq ? quantize::Planes::itq : quantize::Planes::hyperplanes;
  planes_ = quantize::learn_binary_codes(planes, sample, settings.all_bits(), settings.seed, threads);
}

void RowEncoder::encode(std::size_t begin, std::size_t end, std::uint64_t* codes) const {
  const std::size_t count = end - begin;
  if (settings_.hashing == Hashing::bits) {
    const std::size_t bytes = row_bytes(Element::bits, source_.dims());
    std::vector<std::byte> rows(count * bytes);
    source_.read(begin, end, rows.data());
    return quantize::encode_bits(positions_, {rows.data(), count, source_.dims(), bytes, Element::bits}, codes);
  }
  std::vector<float> vectors(count * source_.dims());
  source_.read_f32(begin, end, vectors.data());
  std::vector<float> transformed(count * transform_.outputs());
  transform_.rows(vectors.data(), count, transformed.data());
  planes_.codes().encode(transformed.data(), count, codes);
}

void RowEncoder::write(storage::Writer& writer) const {
  if (settings_.hashing == Hashing::bits) return quantize::write_positions(writer, positions_);
  quantize::write_transform(writer, {transform_, 1, 0});
  quantize::write_binary_codes(writer, planes_);
}

}  // namespace nearabout::lsh

#include "quantize/quantizer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kEncodedPerTask = 256;
constexpr std::size_t kCodesPerTask = 4'096;
constexpr std::size_t kDecodedTogether = 64;

void check_finite(const float* vectors, std::size_t first, std::size_t count, std::size_t dims) {
  for (std::size_t i = 0; i < count * dims; ++i)
    if (!std::isfinite(vectors[i]))
      throw InvalidInputError(
          "row " + std::to_string(first + i / dims) + " has a number in dimension " + std::to_string(i % dims) +
          " that is NaN, infinite or too large for float32; leave the row out or replace the number");
}

}  // namespace

void Codec::distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const {
  std::vector<float> vectors(kDecodedTogether * dims_);
  for (std::size_t begin = 0; begin < count; begin += kDecodedTogether) {
    const std::size_t end = std::min(begin + kDecodedTogether, count);
    decode(codes + begin * code_bytes(), end - begin, vectors.data());
    for (std::size_t i = begin; i < end; ++i) {
      const float* const vector = vectors.data() + (i - begin) * dims_;
      float sums[8] = {};
      std::size_t j = 0;
      for (; j + 8 <= dims_; j += 8)
        for (std::size_t lane = 0; lane < 8; ++lane) {
          const float off = query[j + lane] - vector[j + lane];
          sums[lane] += off * off;
        }
      for (; j < dims_; ++j) sums[0] += (query[j] - vector[j]) * (query[j] - vector[j]);
      distances[i] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
  }
}

std::shared_ptr<const Quantizer> Quantizer::learn(const QuantizerMethod& method, const transform::RowReader& read,
                                                  std::size_t rows, std::size_t dims, QuantizerSettings settings,
                                                  std::size_t threads, const Monitor& monitor) {
  transform::Sample sample = transform::take_sample(read, rows, dims, method.sample_rows(settings));
  check_finite(sample.values.data(), 0, sample.rows, dims);
  const std::shared_ptr<Quantizer> learnt(new Quantizer());
  learnt->scale_ = transform::scale_for(sample);
  for (float& value : sample.values) value *= learnt->scale_;
  learnt->centre_ = transform::centre_of(sample, false);
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) sample.values[i * dims + j] -= learnt->centre_[j];
  learnt->method_ = &method;
  learnt->rows_ = rows;
  learnt->sample_rows_ = sample.rows;
  learnt->codec_ = method.learn(sample, settings, threads, monitor);
  learnt->settings_ = settings;
  return learnt;
}

void Quantizer::to_frame(const float* vectors, std::size_t count, float* framed) const {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims(); ++j) framed[i * dims() + j] = vectors[i * dims() + j] * scale_ - centre_[j];
}

void Quantizer::encode(const MatrixView& vectors, std::size_t threads, std::uint8_t* codes,
                       const Monitor& monitor) const {
  parallel_for(
      vectors.rows, kEncodedPerTask, thread_count(threads),
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<float> framed((end - begin) * dims());
        for (std::size_t i = begin; i < end; ++i)
          to_f32(vectors.element, vectors.row(i), dims(), framed.data() + (i - begin) * dims());
        check_finite(framed.data(), begin, end - begin, dims());
        to_frame(framed.data(), end - begin, framed.data());
        codec_->encode(framed.data(), end - begin, codes + begin * code_bytes());
      },
      monitor);
}

void Quantizer::decode(const std::uint8_t* codes, std::size_t count, std::size_t threads, float* vectors,
                       const Monitor& monitor) const {
  parallel_for(
      count, kEncodedPerTask, thread_count(threads),
      [&](std::size_t begin, std::size_t end, std::size_t) {
        codec_->decode(codes + begin * code_bytes(), end - begin, vectors + begin * dims());
        for (std::size_t i = begin; i < end; ++i)
          for (std::size_t j = 0; j < dims(); ++j)
            vectors[i * dims() + j] = (vectors[i * dims() + j] + centre_[j]) / scale_;
      },
      monitor);
}

void Quantizer::distances(const float* queries, std::size_t query_count, const std::uint8_t* codes, std::size_t count,
                          std::size_t threads, float* distances, const Monitor& monitor) const {
  const std::size_t pieces = (count + kCodesPerTask - 1) / kCodesPerTask;
  parallel_for(
      query_count * pieces, 1, thread_count(threads),
      [&](std::size_t task, std::size_t, std::size_t) {
        const std::size_t number = task / pieces;
        const std::size_t begin = task % pieces * kCodesPerTask;
        const std::size_t some = std::min(kCodesPerTask, count - begin);
        std::vector<float> query(dims());
        to_frame(queries + number * dims(), 1, query.data());
        float* const out = distances + number * count + begin;
        codec_->distances(query.data(), codes + begin * code_bytes(), some, out);
        for (std::size_t i = 0; i < some; ++i) out[i] = out[i] / scale_ / scale_;
      },
      monitor);
}

}  // namespace nearabout::quantize

#include "index/ivf/encode.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kRowsPerTask = 64;     // rows per task of a thread
constexpr std::size_t kStoredRows = 16'384;  // rows stored by one call

// One thread's work space.
class Encoder {
 public:
  Encoder(const LearntLists& learnt, const quantize::ByteCentroids& centroids)
      : learnt_(learnt), centroids_(centroids) {}

  void encode(const transform::RowReader& read, std::size_t begin, std::size_t count, RowHeader* header,
              std::uint8_t* packed) {
    const quantize::LearntDirections& directions = learnt_.directions;
    vectors_.resize(count * learnt_.transform.inputs());
    transformed_.resize(count * directions.dims);
    projections_.resize(count * directions.outputs);
    rests_.resize(count);
    read(begin, begin + count, vectors_.data());
    const std::size_t inputs = learnt_.transform.inputs();
    for (std::size_t i = 0; learnt_.squares && i < count; ++i)
      header[i].square = static_cast<std::uint32_t>(squared_norm(vectors_.data() + i * inputs, inputs));
    learnt_.transform.rows(vectors_.data(), count, transformed_.data());
    directions.project(transformed_.data(), count, projections_.data(), rests_.data());

    const std::size_t m = learnt_.shape.directions;
    points_.resize(count * m);
    for (std::size_t i = 0; i < count; ++i) learnt_.to_bytes(projection(i), points_.data() + i * m);
    lists_.resize(count);
    centroids_.nearest(points_.data(), count, {}, lists_.data(), 1);
    centroid_.resize(m);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < m; ++j)
        centroid_[j] = learnt_.point_step * static_cast<float>(learnt_.centroids[lists_[i] * m + j]);
      header[i].list = lists_[i];
      header[i].residual = residual(projection(i), rests_[i]);
      if (!learnt_.residual) std::fill(centroid_.begin(), centroid_.end(), 0.0f);
      header[i].terms = learnt_.codes.of_list(lists_[i]).encode(projection(i), centroid_.data(), rests_[i],
                                                                packed + i * learnt_.shape.bytes());
    }
  }

 private:
  float residual(const float* projection, float residual_square) const {
    float sum = residual_square;
    for (std::size_t j = 0; j < centroid_.size(); ++j)
      sum += (projection[j] - centroid_[j]) * (projection[j] - centroid_[j]);
    return std::min(sum, 1e30f);
  }
  const float* projection(std::size_t i) const { return projections_.data() + i * learnt_.directions.outputs; }

  const LearntLists& learnt_;
  const quantize::ByteCentroids& centroids_;
  std::vector<float> vectors_, transformed_, projections_, rests_, centroid_;
  std::vector<std::int8_t> points_;
  std::vector<std::uint32_t> lists_;
};

}  // namespace

void LearntLists::to_bytes(const float* projection, std::int8_t* point) const {
  const float inverse = 1 / point_step;
  for (std::size_t j = 0; j < shape.directions; ++j)
    point[j] = static_cast<std::int8_t>(std::lrint(std::clamp(projection[j] * inverse, -127.0f, 127.0f)));
}

std::vector<std::int8_t> LearntLists::points_of(const std::vector<float>& projections) const {
  const std::size_t count = projections.size() / directions.outputs;
  std::vector<std::int8_t> points(count * shape.directions);
  for (std::size_t i = 0; i < count; ++i)
    to_bytes(projections.data() + i * directions.outputs, points.data() + i * shape.directions);
  return points;
}

EncodedRows encode_rows(const LearntLists& learnt, const transform::RowReader& read, std::size_t rows,
                        const std::string* scratch, std::size_t threads, const Monitor& monitor) {
  const quantize::ByteCentroids centroids(learnt.centroids, learnt.shape.directions);
  std::vector<Encoder> encoders(threads, Encoder(learnt, centroids));
  EncodedRows encoded(learnt.shape.bytes(), scratch);
  encoded.header.reserve(rows);
  encoded.codes.reserve(rows);
  std::vector<RowHeader> header(kStoredRows, RowHeader{});
  std::vector<std::uint8_t> packed(kStoredRows * learnt.shape.bytes());
  for (std::size_t begin = 0; begin < rows; begin += kStoredRows) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(kStoredRows, rows - begin);
    parallel_for(count, kRowsPerTask, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
      encoders[worker].encode(read, begin + first, last - first, header.data() + first,
                              packed.data() + first * learnt.shape.bytes());
    });
    encoded.header.append(std::as_bytes(std::span(header.data(), count)));
    encoded.codes.append(std::as_bytes(std::span(packed.data(), count * learnt.shape.bytes())));
  }
  return encoded;
}

}  // namespace nearabout::ivf

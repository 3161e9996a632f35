#include "index/ivf/coarse.h"

#include <algorithm>
#include <limits>

#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "storage/items.h"

namespace nearabout {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kSample = 64;  // lists whose marks say how far the nearest reach

}  // namespace

void ListRanking::compare(const IvfQueries& queries, std::size_t first, std::size_t count) {
  const storage::Section& section = *index_.centroid_bytes_;
  const std::size_t panels = section.shape().rows;
  const std::size_t stride = panels * kernels::kPanelRows;
  dots_.resize(kernels::kPanelQueries * stride);
  first_ = first;
  panel_products(storage::bytes_of(section.checked(0, section.length())), panels, index_.shape().directions,
                 queries.bytes(first), queries.byte_stride(), count, dots_.data(), stride);
}

void ListRanking::nearest(const IvfQueries& queries, std::size_t i, std::size_t probes,
                          std::vector<RankedList>& lists) {
  const std::size_t count = index_.lists();
  const std::int32_t* const dots = dots_.data() + i * index_.centroid_bytes_->shape().rows * kernels::kPanelRows;
  const IvfQueries::Query& query = queries[first_ + i];
  const float scale = -2 * query.byte_scale * index_.point_step_;
  hits_.resize(count + 16);
  marks_.resize(count + 16);
  std::size_t found = 0;
  float limit = promising(dots, scale, probes);
  while (found < probes) {
    const kernels::Screen screen{index_.centroid_squares_.data(), nullptr, scale, 0, limit};
    found = kernels::table().screen.hits(dots, count, screen, hits_.data(), marks_.data());
    limit = kInfinity;
  }
  float threshold = 0;
  if (found > probes) found = kernels::table().codes.keep_least(marks_.data(), hits_.data(), found, probes, &threshold);
  const auto constant = static_cast<float>(query.square - 128.0 * double{scale} * static_cast<double>(query.sum));
  lists.resize(found);
  std::size_t least = 0;
  for (std::size_t place = 0; place < found; ++place) {
    lists[place] = {std::max(0.0f, marks_[place] + constant), hits_[place]};
    if (marks_[place] < marks_[least]) least = place;
  }
  std::swap(lists[0], lists[least]);
}

// A mark that the nearest `probes` lists are within, and not many others: from a sample of all marks. Should it be too
// small, all are taken.
float ListRanking::promising(const std::int32_t* dots, float scale, std::size_t probes) {
  const std::size_t count = index_.lists();
  if (count < 8 * kSample || probes * 4 > count) return kInfinity;
  float sample[kSample];
  std::uint32_t numbers[kSample];
  for (std::size_t place = 0; place < kSample; ++place) {
    const std::size_t list = place * count / kSample;
    sample[place] = index_.centroid_squares_[list] + scale * static_cast<float>(dots[list]);
    numbers[place] = 0;
  }
  float threshold = 0;
  const std::size_t wanted = std::min(kSample - 1, probes * kSample / count * 4 / 3 + 4);
  kernels::table().codes.keep_least(sample, numbers, kSample, wanted, &threshold);
  return threshold;
}

}  // namespace nearabout

#include "annoy/split.h"

#include <algorithm>
#include <cmath>

#include "annoy/floats.h"
#include "annoy/layout.h"

namespace nearabout::annoy {
namespace {

constexpr std::size_t kMinSample = 32;
constexpr std::size_t kMaxSample = 256;

constexpr std::int8_t kNeither = -1;

void normalise(std::vector<float>& values) {
  const float length = std::sqrt(dot(values.data(), values.data(), values.size()));
  if (length > 0)
    for (float& value : values) value /= length;
}

}  // namespace

PlaneChooser::PlaneChooser(const Table& table)
    : table_(table),
      left_(table.dims),
      right_(table.dims),
      left_sum_(table.dims),
      right_sum_(table.dims),
      direction_(table.dims) {}

const float* PlaneChooser::row(std::uint32_t item) const { return floats_at(table_.rows, item * table_.stride); }

// Returns the factor applied to a row before it is averaged into a centre.
float PlaneChooser::weight(std::uint32_t item) const {
  if (table_.squared_norms == nullptr) return 1.0f;
  const auto square = load_at<float>(table_.squared_norms, item * table_.stride);
  return square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
}

void PlaneChooser::take_sample(std::span<const std::uint32_t> items, Random& random) {
  const std::size_t size = std::clamp(items.size() / table_.pains.items_per_sample, kMinSample, kMaxSample);
  sample_.clear();
  if (size >= items.size()) {
    sample_.assign(items.begin(), items.end());
  } else {
    // One item out of each of `size` equal parts, so that none is drawn twice.
    for (std::size_t part = 0; part < size; ++part) {
      const std::size_t begin = items.size() * part / size;
      const std::size_t end = items.size() * (part + 1) / size;
      sample_.push_back(items[begin + random_index(random, end - begin)]);
    }
  }
  sides_.assign(sample_.size(), kNeither);
  products_.resize(std::max(products_.size(), sample_.size()));
}

// Returns the product of the direction with the point between the centres, the threshold for other products.
double PlaneChooser::middle() const {
  double sum = 0;
  if (table_.directions) return sum;
  for (std::size_t i = 0; i < table_.dims; ++i)
    sum += direction_[i] * (static_cast<double>(left_[i]) + static_cast<double>(right_[i])) / 2;
  return sum;
}

// Adds an item to the sum of its side (sign 1), or removes it (-1).
void PlaneChooser::put(std::size_t place, std::int8_t side, float sign) {
  if (side == kNeither) return;
  const std::uint32_t item = sample_[place];
  add_scaled(side == 1 ? right_sum_.data() : left_sum_.data(), row(item), sign * weight(item), table_.dims);
  if (sign > 0)
    ++counts_[side];
  else
    --counts_[side];
}

// Assigns each sampled item to its nearer centre, and moves the centres to the means. Most items stay on their side
// after the first round, so the sums are updated only for those that do not. Items with NaN or infinity are on neither
// side, because they would dominate the centres. Returns false when no item changes its side any more.
bool PlaneChooser::move_centres() {
  const std::size_t dims = table_.dims;
  for (std::size_t i = 0; i < dims; ++i) direction_[i] = static_cast<double>(right_[i]) - static_cast<double>(left_[i]);
  kernels::table().f32.dot(direction_.data(), {table_.rows, table_.stride, sample_.data(), sample_.size()}, dims,
                           products_.data());
  const double limit = middle();
  bool moved = false;
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    const std::int8_t side = !std::isfinite(products_[i]) ? kNeither : products_[i] > limit ? 1 : 0;
    if (side == sides_[i]) continue;
    put(i, sides_[i], -1.0f);
    put(i, side, 1.0f);
    sides_[i] = side;
    moved = true;
  }
  const auto [on_left, on_right] = counts_;
  if (!moved || on_left == 0 || on_right == 0) return false;
  for (std::size_t i = 0; i < dims; ++i) {
    left_[i] = left_sum_[i] / static_cast<float>(on_left);
    right_[i] = right_sum_[i] / static_cast<float>(on_right);
  }
  if (table_.directions) {
    normalise(left_);
    normalise(right_);
  }
  return true;
}

void PlaneChooser::aim(Plane& plane) const {
  plane.normal.resize(table_.dims);
  for (std::size_t i = 0; i < table_.dims; ++i) plane.normal[i] = right_[i] - left_[i];
  normalise(plane.normal);
  double offset = 0;
  if (!table_.directions)
    for (std::size_t i = 0; i < table_.dims; ++i)
      offset -=
          static_cast<double>(plane.normal[i]) * (static_cast<double>(left_[i]) + static_cast<double>(right_[i])) / 2;
  plane.offset = static_cast<float>(offset);
}

void PlaneChooser::choose(std::span<const std::uint32_t> items, Random& random, Plane& plane) {
  take_sample(items, random);
  const std::size_t first = random_index(random, sample_.size());
  std::size_t second = random_index(random, sample_.size() - 1);
  second += second >= first;
  std::copy_n(row(sample_[first]), table_.dims, left_.begin());
  std::copy_n(row(sample_[second]), table_.dims, right_.begin());
  if (table_.directions) {
    normalise(left_);
    normalise(right_);
  }
  std::fill(left_sum_.begin(), left_sum_.end(), 0.0f);
  std::fill(right_sum_.begin(), right_sum_.end(), 0.0f);
  counts_[0] = counts_[1] = 0;
  for (int move = 0; move < table_.pains.moves && move_centres(); ++move) {
  }
  aim(plane);
}

void PlaneChooser::margins(std::span<const std::uint32_t> items, const Plane& plane, double* out) {
  direction_.assign(plane.normal.begin(), plane.normal.end());
  kernels::table().f32.dot(direction_.data(), {table_.rows, table_.stride, items.data(), items.size()}, table_.dims,
                           out);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] += static_cast<double>(plane.offset);
}

}  // namespace nearabout::annoy

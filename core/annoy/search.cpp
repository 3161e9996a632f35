#include "annoy/search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "annoy/floats.h"
#include "kernels/kernels.h"
#include "metric/near_cosine.h"

namespace nearabout::annoy {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One descent through all trees.
class Descent {
 public:
  Descent(const Trees& trees, const std::byte* vector, Scratch& scratch)
      : trees_(trees), layout_(*trees.layout), vector_(vector), scratch_(scratch) {
    scratch_.queue.clear();
    scratch_.candidates.clear();
    scratch_.seen.resize(std::max(scratch_.seen.size(), (std::size_t{trees.item_count} + 63) / 64));
  }
  ~Descent() {
    for (const std::uint32_t item : scratch_.candidates) scratch_.seen[item / 64] = 0;
  }
  Descent(const Descent&) = delete;
  Descent& operator=(const Descent&) = delete;

  // Collects candidates in scratch.candidates, each item once.
  void gather(std::uint64_t search_k) {
    // A margin lowers a node's priority to its own; each differing bit lowers it by one.
    const float first = layout_.space == Space::hamming ? 0.0f : kInfinity;
    for (const std::uint32_t root : trees_.roots) push(first, static_cast<std::int32_t>(root));
    for (std::uint64_t steps = 0; gathered_ < search_k && !scratch_.queue.empty(); ++steps) {
      std::pop_heap(scratch_.queue.begin(), scratch_.queue.end());
      const auto [priority, number] = scratch_.queue.back();
      scratch_.queue.pop_back();
      const auto node = static_cast<std::uint32_t>(number);
      if (steps >= trees_.node_count) trees_.corrupt(node, "is reached in a circle");
      visit(priority, node);
    }
  }

 private:
  void push(float priority, std::int32_t node) {
    scratch_.queue.emplace_back(priority, node);
    std::push_heap(scratch_.queue.begin(), scratch_.queue.end());
  }

  void visit(float priority, std::uint32_t number) {
    const std::byte* node = trees_.node(number);
    const std::int32_t count = descendants(node);
    if (count < 0) trees_.corrupt(number, "has a negative number of descendants");
    if (number < trees_.item_count) {
      if (count > 1) trees_.corrupt(number, "is an item, yet has descendants");
      if (count == 1) take(number);
    } else if (static_cast<std::size_t>(count) <= layout_.list_room) {
      take_list(number, node, static_cast<std::size_t>(count));
    } else {
      follow(priority, number, node);
    }
  }

  void take(std::uint32_t item) {
    ++gathered_;
    std::uint64_t& word = scratch_.seen[item / 64];
    const std::uint64_t bit = std::uint64_t{1} << item % 64;
    if ((word & bit) != 0 || !trees_.is_item(item)) return;  // lists may name a hole: Annoy fills them up with zeros
    word |= bit;
    scratch_.candidates.push_back(item);
  }

  void take_list(std::uint32_t number, const std::byte* node, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto item = load_at<std::uint32_t>(node, layout_.children + 4 * i);
      if (item >= trees_.item_count) trees_.corrupt(number, "lists an item that does not exist");
      take(item);
    }
  }

  void follow(float priority, std::uint32_t number, const std::byte* node) {
    const float near = margin(number, node);
    // std::min with arguments in this order keeps NaN out of the queue.
    const bool bits = layout_.space == Space::hamming;
    const float left = bits ? priority - (near > 0) : std::min(priority, -near);
    const float right = bits ? priority - !(near > 0) : std::min(priority, near);
    push(right, child(number, node, 1));
    push(left, child(number, node, 0));
  }

  std::int32_t child(std::uint32_t number, const std::byte* node, std::size_t which) const {
    const auto other = load_at<std::uint32_t>(node, layout_.children + 4 * which);
    if (other >= trees_.node_count) trees_.corrupt(number, "has a child that does not exist");
    return static_cast<std::int32_t>(other);
  }

  // Returns the distance of the query on the right side of the plane; under hamming 1 or 0.
  float margin(std::uint32_t number, const std::byte* node) const {
    if (layout_.space == Space::hamming) {
      const auto position = load_at<std::uint64_t>(node, layout_.vector);
      if (position >= layout_.vector_bytes * 8) trees_.corrupt(number, "splits by a bit that does not exist");
      return bit_at(vector_, position) ? 1.0f : 0.0f;
    }
    const float product = dot(floats_at(node, layout_.vector), floats_at(vector_, 0), layout_.dims);
    if (layout_.space == Space::angular) return product;
    if (layout_.space != Space::dot) return load_at<float>(node, kOffsetAt) + product;
    const auto factor = load_at<float>(node, kDotFactorAt);  // Annoy adds it squared, so we do the same
    return product + factor * factor;
  }

  const Trees& trees_;
  const Layout& layout_;
  const std::byte* vector_;
  Scratch& scratch_;
  std::uint64_t gathered_ = 0;
};

kernels::Rows rows_of(const Trees& trees, const std::vector<std::uint32_t>& items) {
  return {trees.nodes + trees.layout->vector, trees.layout->node_bytes, items.data(), items.size()};
}

void widen(const std::byte* vector, std::size_t dims, std::vector<double>& values) {
  const float* floats = floats_at(vector, 0);
  values.assign(floats, floats + dims);
}

double norm_of(const std::vector<double>& values) {
  double square = 0;
  for (const double value : values) square += value * value;
  return std::sqrt(square);
}

// Drops candidates that cannot be among the `kept` nearest by angle, computed at half the cost from the squared norms
// in the file. Those norms are sums of float32, with which a vector would not be at distance 0 of itself: the remaining
// candidates are measured again, and dropped ones are farther by more than the error of the norms. Drops nothing if a
// norm is missing, as in files of early versions (annoylib.h then computes it).
void drop_far_angles(const Trees& trees, const std::byte* vector, std::size_t kept, Scratch& scratch) {
  constexpr double kSlack = 1e-4;
  auto& items = scratch.candidates;
  widen(vector, trees.layout->dims, scratch.query);
  scratch.distances.resize(items.size());
  kernels::table().f32.dot(scratch.query.data(), rows_of(trees, items), trees.layout->dims, scratch.distances.data());
  const double norm = norm_of(scratch.query);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto square = static_cast<double>(load_at<float>(trees.node(items[i]), kSquaredNormAt));
    const double angle = 2.0 - 2.0 * scratch.distances[i] / (norm * std::sqrt(square));
    if (!std::isfinite(angle)) return;
    scratch.distances[i] = angle;
  }
  scratch.sorted = scratch.distances;
  const auto last = scratch.sorted.begin() + static_cast<std::ptrdiff_t>(kept - 1);
  std::nth_element(scratch.sorted.begin(), last, scratch.sorted.end());
  const double limit = *last + kSlack;
  std::size_t near = 0;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (scratch.distances[i] <= limit) items[near++] = items[i];
  items.resize(near);
}

// Returns true if vectors are almost parallel: 2 - 2 cos is then mostly rounding error and is recomputed, so that an
// item is at distance 0 of itself.
bool is_near(double square) { return square < 2 * metric::kNearCosine; }
double near_chord(const float* left, const float* right, std::size_t dims) {
  return 2 * metric::near_cosine_distance(left, right, dims);
}

// Computes the sort key of each candidate: its distance before Annoy's `normalized_distance`.
void measure(const Trees& trees, const std::byte* vector, Scratch& scratch) {
  const Layout& layout = *trees.layout;
  const kernels::Table& table = kernels::table();
  const kernels::Rows rows = rows_of(trees, scratch.candidates);
  scratch.distances.resize(rows.count);
  double* out = scratch.distances.data();
  if (layout.space == Space::hamming) {
    table.bits.hamming(vector, rows, layout.vector_bytes, out);
    return;
  }
  widen(vector, layout.dims, scratch.query);
  const double* query = scratch.query.data();
  switch (layout.space) {
    case Space::euclidean:
      table.f32.squared_l2(query, rows, layout.dims, out);
      return;
    case Space::manhattan:
      table.f32.l1(query, rows, layout.dims, out);
      return;
    case Space::dot:
      table.f32.dot(query, rows, layout.dims, out);
      for (std::size_t i = 0; i < rows.count; ++i) out[i] = -out[i];
      return;
    default:
      break;
  }
  const double norm = norm_of(scratch.query);
  table.f32.projection(query, rows, layout.dims, out);
  for (std::size_t i = 0; i < rows.count; ++i) {
    out[i] = norm > 0 ? 2.0 - 2.0 * (out[i] / norm) : 2.0;
    if (is_near(out[i]))
      out[i] = near_chord(floats_at(vector, 0), floats_at(trees.vector(rows.rows[i]), 0), layout.dims);
  }
}

// Returns the same for one pair.
double distance_before(const Layout& layout, const std::byte* left, const std::byte* right) {
  if (layout.space == Space::hamming) {
    int bits = 0;
    for (std::size_t place = 0; place < layout.vector_bytes; place += 8)
      bits += std::popcount(load_at<std::uint64_t>(left, place) ^ load_at<std::uint64_t>(right, place));
    return bits;
  }
  const float* one = floats_at(left, 0);
  const float* other = floats_at(right, 0);
  const auto difference = [=](std::size_t i) { return static_cast<double>(one[i]) - static_cast<double>(other[i]); };
  switch (layout.space) {
    case Space::euclidean:
      return sum_of(layout.dims, [=](std::size_t i) { return difference(i) * difference(i); });
    case Space::manhattan:
      return sum_of(layout.dims, [=](std::size_t i) { return std::abs(difference(i)); });
    case Space::dot:
      return -sum_of(layout.dims,
                     [=](std::size_t i) { return static_cast<double>(one[i]) * static_cast<double>(other[i]); });
    default: {
      const double square = squared_chord(one, other, layout.dims);
      return is_near(square) ? near_chord(one, other, layout.dims) : square;
    }
  }
}

float reported(Space space, float rank) {
  switch (space) {
    case Space::angular:
    case Space::euclidean:
      return std::sqrt(std::max(rank, 0.0f));
    case Space::manhattan:
      return std::max(rank, 0.0f);
    case Space::dot:
      return 0.0f - rank;
    default:
      return rank;
  }
}

}  // namespace

std::unique_ptr<Scratch> ScratchPool::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Scratch>();
  std::unique_ptr<Scratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void ScratchPool::give_back(std::unique_ptr<Scratch> scratch) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

Found search(const Trees& trees, const std::byte* vector, std::int64_t count, std::int64_t search_k, Scratch& scratch) {
  const std::uint64_t wanted =
      count < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(count);
  std::uint64_t effort =
      search_k < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(search_k);
  if (search_k == -1 && count >= 0) effort = wanted * trees.roots.size();

  Descent(trees, vector, scratch).gather(effort);
  const std::uint64_t most = std::min<std::uint64_t>(wanted, scratch.candidates.size());
  if (trees.layout->space == Space::angular && most > 0 && most < scratch.candidates.size() / 2)
    drop_far_angles(trees, vector, static_cast<std::size_t>(most), scratch);
  measure(trees, vector, scratch);
  auto& ranked = scratch.ranked;
  ranked.clear();
  for (std::size_t i = 0; i < scratch.candidates.size(); ++i) {
    // NaN, which cannot be sorted, counts as infinitely far
    const auto rank = static_cast<float>(scratch.distances[i]);
    ranked.emplace_back(rank == rank ? rank : kInfinity, static_cast<std::int32_t>(scratch.candidates[i]));
  }
  const auto kept = static_cast<std::ptrdiff_t>(most);
  if (kept < static_cast<std::ptrdiff_t>(ranked.size()))
    std::nth_element(ranked.begin(), ranked.begin() + kept, ranked.end());
  std::sort(ranked.begin(), ranked.begin() + kept);

  Found found;
  found.items.reserve(static_cast<std::size_t>(kept));
  found.distances.reserve(static_cast<std::size_t>(kept));
  for (auto best = ranked.begin(); best != ranked.begin() + kept; ++best) {
    found.items.push_back(best->second);
    found.distances.push_back(reported(trees.layout->space, best->first));
  }
  return found;
}

float distance(const Trees& trees, std::uint32_t left, std::uint32_t right) {
  const Layout& layout = *trees.layout;
  return reported(layout.space, static_cast<float>(distance_before(layout, trees.vector(left), trees.vector(right))));
}

}  // namespace nearabout::annoy

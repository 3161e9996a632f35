#include "annoy/tree.h"

#include <algorithm>
#include <array>

namespace nearabout::annoy {
namespace {

constexpr int kAttempts = 3;
constexpr double kGoodFraction =
    0.95;  // largest fraction of items on the larger side for a split to be accepted at once
constexpr double kUsableFraction = 0.99;  // same, for a split to be accepted at all

// Items handled between two calls of keep_going, so that cancelling takes effect soon.
constexpr std::size_t kMarginsAtATime = 4096;

class Grower {
 public:
  Grower(const Ground& ground, std::uint64_t seed, const std::function<void()>& keep_going)
      : ground_(ground),
        keep_going_(keep_going),
        layout_(*ground.layout),
        random_(seed),
        chooser_(ground.table),
        order_(ground.items) {
    right_.reserve(order_.size());
    sides_.resize(order_.size());
    margins_.resize(kMarginsAtATime);
  }

  Tree grow() {
    pending_.push_back({0, order_.size(), kNoParent, 0});
    while (!pending_.empty()) {
      const Part part = pending_.back();
      pending_.pop_back();
      place(part);
    }
    return std::move(tree_);
  }

 private:
  static constexpr std::size_t kNoParent = ~std::size_t{0};

  // order_[begin, end), which becomes child `which` of the node at byte `parent`.
  struct Part {
    std::size_t begin;
    std::size_t end;
    std::size_t parent;
    std::size_t which;
    std::size_t size() const { return end - begin; }
  };

  std::span<const std::uint32_t> items_of(const Part& part) const {
    return std::span(order_).subspan(part.begin, part.size());
  }

  void place(const Part& part) {
    const bool root = part.parent == kNoParent;
    if (!root && part.size() == 1) {
      adopt(part, order_[part.begin]);
      return;
    }
    const std::size_t at = tree_.size();
    if (!root) adopt(part, static_cast<std::uint32_t>(ground_.item_count + at / layout_.node_bytes));
    tree_.resize(at + layout_.node_bytes);
    store_at(&tree_[at], 0, root ? ground_.item_count : static_cast<std::uint32_t>(part.size()));
    // A root claims to have all items, so it can be a list only if that many fit.
    if (root ? ground_.item_count <= layout_.list_room : part.size() <= layout_.list_room)
      list(part, at);
    else if (part.size() == 1)
      both_children(at, order_[part.begin]);
    else
      split(part, at);
  }

  void adopt(const Part& part, std::uint32_t child) {
    store_at(&tree_[part.parent], layout_.children + 4 * part.which, child);
  }

  void list(const Part& part, std::size_t at) {
    std::size_t place = layout_.children;
    for (const std::uint32_t item : items_of(part)) {
      store_at(&tree_[at], place, item);
      place += 4;
    }
  }

  // Handles a single item among holes: a plane of zeros, with the item on both sides.
  void both_children(std::size_t at, std::uint32_t item) {
    store_at(&tree_[at], layout_.children, item);
    store_at(&tree_[at], layout_.children + 4, item);
  }

  void split(const Part& part, std::size_t at) {
    double fraction = 1;
    for (int attempt = 0; attempt < kAttempts && fraction >= kGoodFraction; ++attempt) {
      if (layout_.space == Space::hamming)
        choose_bit(part);
      else
        chooser_.choose(items_of(part), random_, plane_);
      fraction = take_sides(part);
    }
    std::size_t middle;
    if (fraction > kUsableFraction) {
      middle = cut_at_random(part);
    } else {
      middle = partition(part);
      write_plane(at);
    }
    pending_.push_back({middle, part.end, at, 1});
    pending_.push_back({part.begin, middle, at, 0});
  }

  // Chooses, out of a few random bits, the one that splits a sample of the items most evenly.
  void choose_bit(const Part& part) {
    constexpr int kTriedBits = 16;
    constexpr std::size_t kSampledItems = 128;
    const std::size_t count = std::min(part.size(), kSampledItems);
    std::array<std::uint32_t, kSampledItems> sample;
    for (std::size_t i = 0; i < count; ++i)
      sample[i] =
          order_[part.size() <= kSampledItems ? part.begin + i : part.begin + random_index(random_, part.size())];
    std::size_t best = 0;
    for (int attempt = 0; attempt < kTriedBits; ++attempt) {
      const std::uint64_t bit = random_position();
      std::size_t set = 0;
      for (std::size_t i = 0; i < count; ++i) set += has_bit(sample[i], bit);
      const std::size_t smaller = std::min(set, count - set);
      if (attempt == 0 || smaller > best) bit_ = bit;
      best = std::max(best, smaller);
    }
    if (best == 0) find_any_bit(part);
  }

  // Finds the first bit in which the items differ, if there is one.
  void find_any_bit(const Part& part) {
    const std::uint32_t one = order_[part.begin];
    for (std::uint64_t word = 0; word < layout_.vector_bytes; word += 8) {
      std::uint64_t different = 0;
      for (const std::uint32_t item : items_of(part)) different |= word_of(item, word) ^ word_of(one, word);
      if (different == 0) continue;
      std::uint64_t position = 63;
      while ((different >> (63 - position) & 1) == 0) --position;
      bit_ = word * 8 + position;
      return;
    }
  }

  std::uint64_t random_position() {
    // Annoy counts bits from the top of each word and so also draws the unused ones of the last word; we do not.
    const std::uint64_t dimension = random_index(random_, layout_.dims);
    return dimension / 64 * 64 + 63 - dimension % 64;
  }

  const std::byte* words(std::uint32_t item) const {
    return ground_.nodes + item * layout_.node_bytes + layout_.vector;
  }
  std::uint64_t word_of(std::uint32_t item, std::uint64_t place) const {
    return load_at<std::uint64_t>(words(item), place);
  }
  bool has_bit(std::uint32_t item, std::uint64_t position) const { return bit_at(words(item), position); }

  // Fills sides_ from part.begin on. Returns the fraction of items on the larger side.
  double take_sides(const Part& part) {
    std::size_t on_right = 0;
    for (std::size_t begin = part.begin; begin < part.end; begin += kMarginsAtATime) {
      keep_going_();
      const std::size_t end = std::min(begin + kMarginsAtATime, part.end);
      if (layout_.space != Space::hamming)
        chooser_.margins(std::span(order_).subspan(begin, end - begin), plane_, margins_.data());
      for (std::size_t i = begin; i < end; ++i) {
        sides_[i] = layout_.space == Space::hamming ? has_bit(order_[i], bit_) : side_of(margins_[i - begin]);
        on_right += sides_[i];
      }
    }
    const double fraction = static_cast<double>(on_right) / static_cast<double>(part.size());
    return std::max(fraction, 1 - fraction);
  }

  bool side_of(double margin) { return margin != 0 ? margin > 0 : (random_.next() & 1) != 0; }

  // Moves items on the left before those on the right, preserving their order. Returns where the right side begins.
  std::size_t partition(const Part& part) {
    right_.clear();
    std::size_t middle = part.begin;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      if (sides_[i])
        right_.push_back(order_[i]);
      else
        order_[middle++] = order_[i];
    }
    std::copy(right_.begin(), right_.end(), order_.begin() + static_cast<std::ptrdiff_t>(middle));
    return middle;
  }

  // Splits items that no plane separates into two halves, under a plane of zeros, so that a search visits both.
  std::size_t cut_at_random(const Part& part) {
    for (std::size_t i = part.begin; i + 1 < part.end; ++i)
      std::swap(order_[i], order_[i + random_index(random_, part.end - i)]);
    const std::size_t middle = part.begin + part.size() / 2;
    std::sort(order_.begin() + static_cast<std::ptrdiff_t>(part.begin),
              order_.begin() + static_cast<std::ptrdiff_t>(middle));
    std::sort(order_.begin() + static_cast<std::ptrdiff_t>(middle),
              order_.begin() + static_cast<std::ptrdiff_t>(part.end));
    return middle;
  }

  void write_plane(std::size_t at) {
    if (layout_.space == Space::hamming) {
      store_at(&tree_[at], layout_.vector, bit_);
      return;
    }
    if (ground_.sketch != nullptr) plane_.normal = ground_.sketch->unproject(plane_.normal);
    // Under dot the normal has one more dimension, in front: queries have none there, and Annoy would add its square to
    // every margin, so it stays zero in the file.
    const std::size_t skipped = plane_.normal.size() - layout_.dims;
    std::memcpy(&tree_[at + layout_.vector], plane_.normal.data() + skipped, layout_.vector_bytes);
    if (!ground_.table.directions) store_at(&tree_[at], kOffsetAt, plane_.offset);
  }

  const Ground& ground_;
  const std::function<void()>& keep_going_;
  const Layout& layout_;
  Random random_;
  PlaneChooser chooser_;
  Tree tree_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> right_;
  std::vector<bool> sides_;
  std::vector<double> margins_;
  std::vector<Part> pending_;
  Plane plane_;
  std::uint64_t bit_ = 0;
};

}  // namespace

Tree grow_tree(const Ground& ground, std::uint64_t seed, const std::function<void()>& keep_going) {
  return Grower(ground, seed, keep_going).grow();
}

}  // namespace nearabout::annoy

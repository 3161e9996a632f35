#include "index/ivf/coarse.h"

#include <algorithm>
#include <limits>
#include <span>

#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout::ivf {
namespace {

using calibration::RankedList;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kSampledLists = 64;  // lists sampled to guess the scores of the nearest

}  // namespace

void ListRanking::compare(const quantize::LeadingQueries& queries, std::size_t first, std::size_t count) {
  const storage::Section& section =
      layout_.centroids.group_bytes ? *layout_.centroids.group_bytes : *layout_.centroids.bytes;
  const std::size_t panels = section.shape().rows;
  stride_ = panels * kernels::kPanelRows;
  dots_.resize(kernels::kPanelQueries * stride_);
  first_ = first;
  kernels::table().screen.panel_dots(storage::bytes_of(section.checked(0, section.length())), panels,
                                     queries.bytes(first), queries.byte_stride(), count, layout_.shape().directions,
                                     dots_.data(), stride_);
}

// Returns the score of a product of bytes of 1.
float ListRanking::scale_of(const quantize::LeadingQueries::Query& query) const {
  return -2 * query.byte_scale * layout_.centroids.step;
}

float ListRanking::least_distance(const quantize::LeadingQueries& queries, std::size_t i) const {
  constexpr std::size_t kScoreLanes = 16;  // lanes, so that compilers vectorise
  const quantize::LeadingQueries::Query& query = queries[first_ + i];
  const float scale = scale_of(query);
  const std::int32_t* const dots = dots_.data() + i * stride_;
  const std::span<const float> squares = squares_;
  float least[kScoreLanes];
  std::fill_n(least, kScoreLanes, kInfinity);
  const auto look = [&](std::size_t lane, std::size_t list) {
    const float score = squares[list] + scale * static_cast<float>(dots[list]);
    least[lane] = score < least[lane] ? score : least[lane];
  };
  std::size_t list = 0;
  for (; list + kScoreLanes <= squares.size(); list += kScoreLanes)
    for (std::size_t lane = 0; lane < kScoreLanes; ++lane) look(lane, list + lane);
  for (; list < squares.size(); ++list) look(0, list);
  const auto constant = static_cast<float>(-128.0 * double{scale} * static_cast<double>(query.sum));
  return *std::min_element(least, least + kScoreLanes) + constant;
}

// Stores the nearest lists, at least `wanted`, in hits_ and scores_; returns how many.
std::size_t ListRanking::rank(const quantize::LeadingQueries& queries, std::size_t i, std::size_t wanted) {
  const quantize::LeadingQueries::Query& query = queries[first_ + i];
  const float scale = scale_of(query);
  const std::int32_t* const dots = dots_.data() + i * stride_;
  constant_ = static_cast<float>(-128.0 * double{scale} * static_cast<double>(query.sum));
  if (!layout_.centroids.group_bytes) return least(dots, squares_, scale, wanted);
  // More groups than lists are wanted, because each of those may be in another group; with a filter, even more.
  constexpr std::size_t kMoreGroups = 32;
  std::size_t found = 0;
  for (std::size_t groups = wanted + kMoreGroups;; groups *= 4) {
    look_into_groups(queries.bytes(first_ + i), dots, scale, groups);
    found = least(member_dots_.data(), member_squares_, scale, wanted);
    if (!filter_ || found >= std::min(wanted, filter_->lists()) || groups >= layout_.centroids.group_squares.size())
      break;
  }
  for (std::size_t place = 0; place < found; ++place) hits_[place] = members_[hits_[place]];
  return found;
}

// Takes the first `count` of hits_ and scores_ and moves the nearest to the front.
void ListRanking::take(std::size_t count, std::vector<RankedList>& lists) const {
  lists.resize(count);
  std::size_t nearest = 0;
  float least = kInfinity;
  for (std::size_t place = 0; place < count; ++place) {
    lists[place] = {scores_[place] + constant_, hits_[place]};
    nearest = scores_[place] < least ? place : nearest;
    least = std::min(least, scores_[place]);
  }
  if (count > 0) std::swap(lists[0], lists[nearest]);
}

void ListRanking::nearest(const quantize::LeadingQueries& queries, std::size_t i, std::size_t probes,
                          std::vector<RankedList>& lists) {
  take(rank(queries, i, probes), lists);
}

void ListRanking::nearest(const quantize::LeadingQueries& queries, std::size_t i, std::size_t probes, std::size_t more,
                          std::vector<RankedList>& lists, std::vector<RankedList>& beyond) {
  const std::size_t found = rank(queries, i, probes + more);
  all_scores_.assign(scores_.begin(), scores_.begin() + static_cast<std::ptrdiff_t>(found));
  all_hits_.assign(hits_.begin(), hits_.begin() + static_cast<std::ptrdiff_t>(found));
  float threshold = kInfinity;
  const std::size_t within =
      probes < found ? kernels::table().codes.keep_least(scores_.data(), hits_.data(), found, probes, &threshold)
                     : found;
  take(within, lists);
  beyond.resize(found);
  std::size_t left = 0;
  for (std::size_t place = 0; place < found; ++place) {
    beyond[left] = {all_scores_[place] + constant_, all_hits_[place]};
    left += all_scores_[place] > threshold ? 1u : 0u;
  }
  beyond.resize(left);
}

std::size_t ListRanking::rows_skipped(const quantize::LeadingQueries& queries, std::size_t i, float distance) const {
  const float scale = scale_of(queries[first_ + i]);
  std::size_t rows = 0;
  const auto look = [&](std::uint32_t list, std::int32_t dot) {
    const float score = layout_.centroids.squares[list] + scale * static_cast<float>(dot);
    if (score + constant_ < distance) rows += layout_.lists.sizes[list];
  };
  if (!layout_.centroids.group_bytes) {
    for (const std::uint32_t list : filter_->empty_lists()) look(list, dots_[i * stride_ + list]);
  } else {
    for (std::size_t member = 0; member < members_.size(); ++member)
      if (filter_->allowed_in(members_[member]) == 0) look(members_[member], member_dots_[member]);
  }
  return rows;
}

// Stores at least `wanted` of those with the smallest scores (or all, if fewer have a finite score) in hits_ and
// scores_.
std::size_t ListRanking::least(const std::int32_t* dots, std::span<const float> squares, float scale,
                               std::size_t wanted) {
  const std::size_t count = squares.size();
  hits_.resize(count + 16);
  scores_.resize(count + 16);
  std::size_t found = 0;
  for (const float limit : {promising(dots, squares, scale, wanted), std::numeric_limits<float>::max()}) {
    const kernels::Screen screen{squares.data(), nullptr, scale, 0, limit};
    found = kernels::table().screen.hits(dots, count, screen, hits_.data(), scores_.data());
    if (found >= wanted) break;
  }
  float threshold = 0;
  return kernels::table().codes.keep_least(scores_.data(), hits_.data(), found, wanted, &threshold);
}

// Computes the products with all members of the nearest groups.
void ListRanking::look_into_groups(const std::int8_t* query, const std::int32_t* dots, float scale,
                                   std::size_t groups) {
  alignas(64) std::int32_t group_dots[kernels::kPanelRows];
  const std::size_t m = layout_.shape().directions;
  const std::size_t found = least(dots, layout_.centroids.group_squares, scale, groups);
  members_.clear();
  member_dots_.clear();
  member_squares_.clear();
  for (std::size_t place = 0; place < found; ++place) {
    const std::uint64_t group = hits_[place];
    const std::size_t first = group * kernels::kPanelRows;
    const std::size_t count = std::min(kernels::kPanelRows, layout_.list_count() - first);
    const std::uint64_t bytes = kernels::panel_bytes(m);
    const std::byte* const panel = layout_.centroids.bytes->checked(group * bytes, (group + 1) * bytes);
    kernels::table().screen.panel_dots(storage::bytes_of(panel), 1, query, m, 1, m, group_dots, kernels::kPanelRows);
    member_dots_.insert(member_dots_.end(), group_dots, group_dots + count);
    const auto squares = squares_.subspan(first, count);
    member_squares_.insert(member_squares_.end(), squares.begin(), squares.end());
    for (std::size_t list = first; list < first + count; ++list) members_.push_back(static_cast<std::uint32_t>(list));
  }
}

// Returns a score that at least `wanted` lists are within, and not many others: guessed from a sample of all scores. If
// it turns out too small, all are taken.
float ListRanking::promising(const std::int32_t* dots, std::span<const float> squares, float scale,
                             std::size_t wanted) {
  const std::size_t count = squares.size();
  if (count < 8 * kSampledLists || wanted * 4 > count) return std::numeric_limits<float>::max();
  float sample[kSampledLists];
  std::uint32_t numbers[kSampledLists] = {};
  std::size_t sampled = 0;
  for (std::size_t place = 0; place < kSampledLists; ++place) {
    const std::size_t list = place * count / kSampledLists;
    sample[sampled] = squares[list] + scale * static_cast<float>(dots[list]);
    sampled += sample[sampled] < kInfinity ? 1u : 0u;  // not those without allowed rows
  }
  float threshold = 0;
  const std::size_t enough = wanted * kSampledLists * 4 / count / 3 + 4;
  if (enough >= sampled) return std::numeric_limits<float>::max();
  kernels::table().codes.keep_least(sample, numbers, sampled, enough, &threshold);
  return threshold;
}

}  // namespace nearabout::ivf

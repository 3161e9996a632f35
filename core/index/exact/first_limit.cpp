#include "index/exact/first_limit.h"

#include <algorithm>
#include <limits>

namespace nearabout::exact {
namespace {

constexpr std::size_t kGroups = 128;  // groups of a block's rows, used to find the most promising ones

// Returns a score that about `wanted` rows of a block stay within, without sorting them: the wanted-th smallest of the
// minima of kGroups groups, which at least that many rows stay within.
float promising_score(const std::int32_t* dots, const float* offsets, std::size_t rows, float scale,
                      std::size_t wanted) {
  if (wanted > kGroups) return std::numeric_limits<float>::infinity();
  float least[kGroups];
  std::fill_n(least, kGroups, std::numeric_limits<float>::infinity());
  for (std::size_t begin = 0; begin < rows; begin += kGroups) {
    const std::size_t groups = std::min(kGroups, rows - begin);
    for (std::size_t i = 0; i < groups; ++i) {
      const float score = offsets[begin + i] + scale * static_cast<float>(dots[begin + i]);
      least[i] = score < least[i] ? score : least[i];
    }
  }
  std::nth_element(least, least + wanted - 1, least + kGroups);
  return least[wanted - 1];
}

}  // namespace

// Rows far from their codes look promising but are not (their bounds are loose), and a limit that they set lets
// everything through: then twice as many are compared, and so on.
void FirstLimit::find(Candidates& candidates, const ScreenedBlock& block, const std::int32_t* dots) {
  const kernels::ScreenHits hits = kernels::table().screen.hits;
  const bool limited = candidates.limit().threshold < std::numeric_limits<float>::infinity();
  compared_.clear();
  std::size_t passed = 0;
  for (std::size_t wanted = k_;; wanted *= 2) {
    if (!limited) compare_promising(candidates, block, dots, wanted);
    const quantize::Limit& limit = candidates.limit();
    const kernels::Screen screen{block.offsets, block.errors, candidates.screen().scale(), limit.slack,
                                 limit.threshold};
    passed = hits(dots, block.rows, screen, hits_.get(), scores_.get());
    if (limited || passed <= block.rows / 4 || wanted > kGroups) break;
  }
  name_hits(block, passed);
  candidates.add(hits_.get(), scores_.get(), passed);
  candidates.leave_out(compared_);
}

void FirstLimit::compare_promising(Candidates& candidates, const ScreenedBlock& block, const std::int32_t* dots,
                                   std::size_t wanted) {
  const float scale = candidates.screen().scale();
  const float promising = promising_score(dots, block.offsets, block.rows, scale, wanted);
  const kernels::Screen screen{block.offsets, nullptr, scale, 0.0f, promising};
  const std::size_t found = kernels::table().screen.hits(dots, block.rows, screen, hits_.get(), scores_.get());
  name_hits(block, found);
  fresh_.clear();
  for (std::size_t i = 0; i < found; ++i)
    if (!std::binary_search(compared_.begin(), compared_.end(), hits_[i])) fresh_.push_back(hits_[i]);
  candidates.compare(fresh_.data(), fresh_.size());
  const auto middle = static_cast<std::ptrdiff_t>(compared_.size());
  compared_.insert(compared_.end(), fresh_.begin(), fresh_.end());
  std::inplace_merge(compared_.begin(), compared_.begin() + middle, compared_.end());
}

void FirstLimit::name_hits(const ScreenedBlock& block, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) hits_[i] = block.row(hits_[i]);
}

}  // namespace nearabout::exact

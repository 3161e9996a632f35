#include "index/forest/leaf_filter.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/error.h"
#include "base/threads.h"

namespace nearabout::forest {
namespace {

[[noreturn]] void throw_row(std::size_t row) {
  throw CorruptFileError("a leaf has row " + std::to_string(row) + ", which does not exist; build the index again");
}

}  // namespace

LeafFilter::LeafFilter(const ForestLayout& layout, const index::RowFilter& rows) : residuals_(layout.residuals) {
  if (layout.levels.empty()) return;
  const std::size_t places = layout.trees * rows.rows();
  bits_.resize((places + 63) / 64);
  const auto fill = [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t word = begin; word < end; ++word) {
      const std::size_t count = std::min<std::size_t>(64, places - 64 * word);
      const std::uint32_t* const numbers = layout.tree_rows->items<std::uint32_t>(64 * word, count).data();
      bits_[word] = rows.bits_of(numbers, count, 1, throw_row);
    }
  };
  constexpr std::size_t kWordsAtATime = 1024;
  parallel_for(bits_.size(), kWordsAtATime, index::filter_threads(places), fill);
  const std::span<const std::uint64_t> firsts = layout.levels[0].firsts;
  std::uint64_t before = 0;
  for (std::size_t leaf = 0; leaf + 1 < firsts.size(); ++leaf) {
    before_.push_back(before);
    const std::uint64_t allowed = count_between(firsts[leaf], firsts[leaf + 1]);
    before += allowed;
    if (!residuals_.empty()) residuals_[leaf].keep(allowed, firsts[leaf + 1] - firsts[leaf]);
  }
  before_.push_back(before);
}

std::uint64_t LeafFilter::count_between(std::uint64_t begin, std::uint64_t end) const {
  std::uint64_t count = 0;
  for (std::uint64_t place = begin; place < end;) {
    const std::uint64_t in_word = std::min(end - place, 64 - place % 64);
    const std::uint64_t kept = in_word == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << in_word) - 1;
    count += static_cast<std::uint64_t>(std::popcount(bits_[place / 64] >> place % 64 & kept));
    place += in_word;
  }
  return count;
}

}  // namespace nearabout::forest

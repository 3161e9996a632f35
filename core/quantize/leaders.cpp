#include "quantize/leaders.h"

#include <numeric>

#include "base/random.h"
#include "quantize/centroid_order.h"

namespace nearabout::quantize {

Part all_points(std::size_t count) {
  Part all{std::vector<std::uint32_t>(count), std::vector<bool>(count, true)};
  std::iota(all.members.begin(), all.members.end(), 0u);
  return all;
}

ByteCentroids choose_leaders(std::size_t count, std::size_t members, std::uint64_t seed,
                             const std::function<const std::int8_t*(std::size_t)>& bytes_of, std::size_t dims,
                             bool narrow) {
  Random random(seed);
  std::vector<std::int8_t> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * members / count;
    const std::size_t end = (i + 1) * members / count;
    const std::int8_t* const bytes = bytes_of(begin + random.next() % (end - begin));
    chosen.insert(chosen.end(), bytes, bytes + dims);
  }
  std::vector<std::int8_t> ordered;
  for (const std::uint32_t leader : order_by_nearness(chosen, dims)) {
    const std::int8_t* const bytes = chosen.data() + leader * dims;
    ordered.insert(ordered.end(), bytes, bytes + dims);
  }
  return ByteCentroids(ordered, dims, narrow);
}

std::vector<Part> parts_of(const Part& part, std::size_t leaders, const std::vector<std::uint32_t>& nearest) {
  const std::size_t several = nearest.size() / part.members.size();
  std::vector<Part> parts(leaders);
  for (std::size_t i = 0; i < part.members.size(); ++i)
    for (std::size_t n = 0; n < several; ++n) {
      Part& joined = parts[nearest[i * several + n]];
      joined.members.push_back(part.members[i]);
      joined.is_own.push_back(n == 0 && part.is_own[i]);
    }
  return parts;
}

}  // namespace nearabout::quantize

#include "index/exact/byte_comparison.h"

namespace nearabout::exact {

void ByteComparison::choose(const quantize::ByteBoundQuery& query, const std::uint32_t* rows, std::size_t count,
                            double worst, bool fetched) {
  const double limit = query.limit(worst);
  double scores[kByteRowsTogether];
  float squares[kByteRowsTogether];
  chosen_.clear();
  for (std::size_t begin = 0; begin < count; begin += kByteRowsTogether) {
    const std::size_t size = std::min(kByteRowsTogether, count - begin);
    const std::uint32_t* const some = rows + begin;
    for (std::size_t i = 0; i < size; ++i) {
      stored_->bytes->check_rows(some[i], std::uint64_t{some[i]} + 1);
      if (stored_->squares) squares[i] = stored_->squares->items<float>(some[i], 1)[0];
    }
    query.scores({table_.data, table_.stride, some, size, fetched}, squares, scores);
    for (std::size_t i = 0; i < size; ++i)
      if (scores[i] <= limit) chosen_.push_back({scores[i], some[i]});
  }
}

void ByteComparison::select(std::size_t wanted) {
  if (wanted == 0 || wanted >= chosen_.size()) return;
  std::nth_element(chosen_.begin(), chosen_.begin() + static_cast<std::ptrdiff_t>(wanted) - 1, chosen_.end());
}

}  // namespace nearabout::exact

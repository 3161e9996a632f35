// Compares rows by their bytes first, and in full only those that may be among the best.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/top_k.h"
#include "quantize/byte_bounds_file.h"

namespace nearabout::exact {

// Work space for one query at a time.
class ByteComparison {
 public:
  explicit ByteComparison(const quantize::StoredByteBounds& stored)
      : stored_(&stored), table_(stored.bytes->matrix()) {}

  // Prefetches what choose() reads of a row.
  void fetch(std::uint64_t row) const {
    stored_->bytes->fetch(row * table_.stride, (row + 1) * table_.stride);
    if (stored_->squares) stored_->squares->fetch(row * sizeof(float));
  }

  // Chooses the rows whose reduced distance may be `worst` or less. `fetched`: they are on their way to the cache.
  // Throws CorruptFileError.
  void choose(const quantize::ByteBoundQuery& query, const std::uint32_t* rows, std::size_t count, double worst,
              bool fetched);

  // Sorts the `wanted` chosen rows of the least scores to the front, and calls fetch(row) for these, and for those that
  // are likely to be compared after them.
  template <class Fetch>
  void fetch_likely(const quantize::ByteBoundQuery& query, std::size_t wanted, Fetch fetch);

  // Compares the first `wanted` of the chosen rows, then the others in ascending order of their scores for as long as
  // they may be among the best. compare(rows, count) compares up to kByteRowsTogether rows in full and offers them to
  // `best`.
  template <class Compare>
  void compare(const quantize::ByteBoundQuery& query, std::size_t wanted, const TopK& best, Compare compare);

  static constexpr std::size_t kByteRowsTogether = 32;

 private:
  struct Chosen {
    double score;
    std::uint32_t row;
    friend bool operator<(const Chosen& a, const Chosen& b) { return a.score < b.score; }
  };
  void select(std::size_t wanted);
  // Compares chosen rows [begin, end).
  template <class Compare>
  void compare_some(std::size_t begin, std::size_t end, Compare compare) const;

  static constexpr std::size_t kRowsPerLimit = 8;  // rows compared before the limit is looked at again

  const quantize::StoredByteBounds* stored_;
  MatrixView table_;
  std::vector<Chosen> chosen_;
};

template <class Fetch>
void ByteComparison::fetch_likely(const quantize::ByteBoundQuery& query, std::size_t wanted, Fetch fetch) {
  select(wanted);
  const std::size_t first = std::min(wanted, chosen_.size());
  for (std::size_t i = 0; i < first; ++i) fetch(chosen_[i].row);
  if (first == chosen_.size() || first == 0) return;
  const double last = std::max_element(chosen_.begin(), chosen_.begin() + static_cast<std::ptrdiff_t>(first))->score;
  const double likely = query.limit(query.estimate(last));
  for (std::size_t i = first; i < chosen_.size(); ++i)
    if (chosen_[i].score <= likely) fetch(chosen_[i].row);
}

template <class Compare>
void ByteComparison::compare_some(std::size_t begin, std::size_t end, Compare compare) const {
  std::uint32_t rows[kByteRowsTogether];
  while (begin < end) {
    std::size_t count = 0;
    for (; begin < end && count < kByteRowsTogether; ++begin) rows[count++] = chosen_[begin].row;
    compare(rows, count);
  }
}

template <class Compare>
void ByteComparison::compare(const quantize::ByteBoundQuery& query, std::size_t wanted, const TopK& best,
                             Compare compare) {
  const std::size_t first = std::min(wanted, chosen_.size());
  compare_some(0, first, compare);
  double limit = query.limit(best.worst());
  const auto others = chosen_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = std::remove_if(others, chosen_.end(), [&](const Chosen& one) { return one.score > limit; });
  std::sort(others, end);
  const auto count = static_cast<std::size_t>(end - chosen_.begin());
  for (std::size_t next = first; next < count && chosen_[next].score <= limit; next += kRowsPerLimit) {
    compare_some(next, std::min(next + kRowsPerLimit, count), compare);
    limit = query.limit(best.worst());
  }
}

}  // namespace nearabout::exact

// The candidates of one query: rows that its screen let pass wait here, and are compared in full when that lowers the
// limit most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/top_k.h"
#include "index/exact/byte_comparison.h"
#include "metric/bound_query.h"
#include "quantize/screen.h"
#include "storage/section.h"

namespace nearabout::exact {

// A row, and its score by the query's screen.
struct Candidate {
  float score;
  std::uint32_t row;
  friend bool operator<(const Candidate& a, const Candidate& b) { return a.score < b.score; }
};

// The byte rows of an index, bound to a query; nulls if there are none.
struct QueryBytes {
  const quantize::ByteBoundQuery* query = nullptr;
  ByteComparison* rows = nullptr;  // work space
};

class Candidates {
 public:
  Candidates(const metric::BoundQuery& query, const quantize::ScreenQuery& screen, const storage::Section& vectors,
             QueryBytes bytes, TopK& best);

  // Returns true if byte rows can rule out some of so many rows: there is a limit, and reading them costs less.
  bool has_byte_limit(std::size_t rows) const;
  // Returns the limit on the scores of rows that can still be among the best.
  const quantize::Limit& limit() const { return limit_; }
  const quantize::ScreenQuery& screen() const { return screen_; }

  // Compares these rows at once; with byte rows, those that these do not rule out.
  void compare(const std::uint32_t* rows, std::size_t count);
  // Does the same for those whose scores are still within the limit when their turn comes.
  void compare(const Candidate* rows, std::size_t count);
  // The same for rows that are on their way to the cache and, unless there are byte rows, verified. `squares`, if not
  // null, are the squared norms of rows, by their numbers, for queries that take them.
  void compare_verified(const Candidate* rows, std::size_t count, const std::uint32_t* squares);
  // Adds rows, which passed with these scores, to those that wait.
  void add(const std::uint32_t* rows, const float* scores, std::size_t count);
  // Removes rows (in order) that have been compared already.
  void leave_out(const std::vector<std::uint32_t>& rows);
  // Compares the most promising of the waiting rows, as many as are wanted, and drops the rows that this rules out.
  void tighten(std::size_t wanted);
  // Does the same if too many rows wait; if that rules out few of them, compares them all.
  void keep_short(std::size_t wanted);
  // Compares all rows that may still be among the best.
  void settle(std::size_t wanted);

 private:
  template <class Batch>
  void each_batch(const Candidate* rows, std::size_t count, Batch batch);
  void compare_by_bytes(const std::uint32_t* rows, std::size_t count, bool fetched);
  void compare_by_bytes(const Candidate* rows, std::size_t count, bool fetched);
  void compare_batch(const std::uint32_t* rows, std::size_t count);
  void offer(const std::uint32_t* rows, const double* rdists, std::size_t count);

  const metric::BoundQuery& query_;
  const quantize::ScreenQuery& screen_;
  const storage::Section& vectors_;
  QueryBytes bytes_;
  TopK& best_;
  quantize::Limit limit_;
  std::vector<Candidate> waiting_;
  std::vector<std::uint32_t> within_;
};

}  // namespace nearabout::exact

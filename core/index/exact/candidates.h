// The candidates of one query: rows that its screen let pass wait here, and are compared in full when that lowers the
// limit most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/top_k.h"
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

class Candidates {
 public:
  Candidates(const metric::BoundQuery& query, const quantize::ScreenQuery& screen, const storage::Section& vectors,
             TopK& best);

  // Returns the limit on the scores of rows that can still be among the best.
  const quantize::Limit& limit() const { return limit_; }
  const quantize::ScreenQuery& screen() const { return screen_; }

  // Compares these rows at once.
  void compare(const std::uint32_t* rows, std::size_t count);
  // Does the same for those whose scores are still within the limit when their turn comes.
  void compare(const Candidate* rows, std::size_t count);
  // The same for rows that are verified and on their way to the cache. `squares`, if not null, are the squared norms of
  // rows, by their numbers, for queries that take them.
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
  void compare_batch(const std::uint32_t* rows, std::size_t count);
  void offer(const std::uint32_t* rows, const double* rdists, std::size_t count);

  const metric::BoundQuery& query_;
  const quantize::ScreenQuery& screen_;
  const storage::Section& vectors_;
  TopK& best_;
  quantize::Limit limit_;
  std::vector<Candidate> waiting_;
};

}  // namespace nearabout::exact

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

class Candidates {
 public:
  Candidates(const metric::BoundQuery& query, const quantize::ScreenQuery& screen, const storage::Section& vectors,
             TopK& best);

  // Returns the limit on the scores of rows that can still be among the best.
  const quantize::Limit& limit() const { return limit_; }

  // Compares these rows at once.
  void compare(const std::uint32_t* rows, std::size_t count);
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
  struct Waiting {
    float score;
    std::uint32_t row;
    friend bool operator<(const Waiting& a, const Waiting& b) { return a.score < b.score; }
  };

  void compare(const Waiting* waiting, std::size_t count);
  void compare_batch(const std::uint32_t* rows, std::size_t count);

  const metric::BoundQuery& query_;
  const quantize::ScreenQuery& screen_;
  const storage::Section& vectors_;
  TopK& best_;
  quantize::Limit limit_;
  std::vector<Waiting> waiting_;
};

}  // namespace nearabout::exact

// One query's way through the rows: what its screen let pass waits here, and is compared in full when that tells most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/top_k.h"
#include "metric/bound_query.h"
#include "quantize/screen.h"
#include "storage/section.h"

namespace nearabout {

class Candidates {
 public:
  Candidates(const BoundQuery& query, const ScreenQuery& screen, const storage::Section& vectors, TopK& best);

  // The scores that a row among the best can have.
  const Limit& limit() const { return limit_; }

  // Compares these rows at once.
  void compare(const std::vector<std::uint32_t>& rows);
  // The same of rows first + hits[i].
  void compare(std::uint32_t first, const std::uint32_t* hits, std::size_t count);
  // Rows first + hits[i] passed with scores[i].
  void add(std::uint32_t first, const std::uint32_t* hits, const float* scores, std::size_t count);
  // These rows (in order) were compared already: they wait no more.
  void leave_out(const std::vector<std::uint32_t>& rows);
  // Compares the most promising of those that wait, as many as are wanted, and drops what that rules out.
  void tighten(std::size_t wanted);
  // The same where too many wait; where that rules few out, compares them all.
  void keep_short(std::size_t wanted);
  // Compares all that may still be among the best.
  void settle(std::size_t wanted);

 private:
  struct Waiting {
    float score;
    std::uint32_t row;
    friend bool operator<(const Waiting& a, const Waiting& b) { return a.score < b.score; }
  };

  void compare(const Waiting* waiting, std::size_t count);
  void compare_batch(const std::uint32_t* rows, std::size_t count);

  const BoundQuery& query_;
  const ScreenQuery& screen_;
  const storage::Section& vectors_;
  TopK& best_;
  Limit limit_;
  std::vector<Waiting> waiting_;
};

}  // namespace nearabout

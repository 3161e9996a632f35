// Scans the codes of all rows for a group of queries, a piece of the codes at a time that stays in the first-level
// cache while all queries go over it.
#pragma once

#include <cstddef>
#include <vector>

#include "index/lsh/layout.h"
#include "index/lsh/nearest_codes.h"
#include "index/lsh/query_codes.h"
#include "index/request.h"

namespace nearabout::lsh {

class CodesScan {
 public:
  explicit CodesScan(const LshLayout& layout) : layout_(layout) {}

  // Finds the `wanted` rows whose codes are nearest, for `count` queries. Query i is number `first` + i of the request.
  void run(const QueryCodes& queries, std::size_t count, std::size_t wanted, const index::Request& request,
           std::size_t first);
  // Returns the rows found for a query.
  FoundRows rows(std::size_t query) { return nearest_[query].rows(); }

 private:
  const LshLayout& layout_;
  std::vector<NearestCodes> nearest_;  // per query
  std::vector<std::uint64_t> hits_;
};

}  // namespace nearabout::lsh

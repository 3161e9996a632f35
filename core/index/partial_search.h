// A search for some of the queries of another one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/matrix.h"
#include "index/excluded_rows.h"
#include "index/request.h"
#include "index/results.h"

namespace nearabout::index {

class PartialSearch {
 public:
  // Copies these queries, in order. `request` must outlive this.
  PartialSearch(MatrixView queries, const Request& request, std::vector<std::size_t> numbers);
  PartialSearch(const PartialSearch&) = delete;
  PartialSearch& operator=(const PartialSearch&) = delete;

  MatrixView queries() const { return queries_; }
  Request& request() { return request_; }
  const std::vector<std::size_t>& numbers() const { return numbers_; }
  // Moves results to the places that the queries have in the whole search.
  void put_back(const Results& found, Results& whole) const;

 private:
  std::vector<std::size_t> numbers_;
  std::vector<std::byte> vectors_;
  MatrixView queries_;
  std::optional<ExcludedRows> excluded_, absent_;
  Request request_;
};

}  // namespace nearabout::index

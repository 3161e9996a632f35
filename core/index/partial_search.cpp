#include "index/partial_search.h"

#include <utility>

namespace nearabout::index {

PartialSearch::PartialSearch(MatrixView queries, const Request& request, std::vector<std::size_t> numbers)
    : numbers_(std::move(numbers)), request_(request) {
  const std::size_t bytes = row_bytes(queries.element, queries.dims);
  for (const std::size_t i : numbers_) vectors_.insert(vectors_.end(), queries.row(i), queries.row(i) + bytes);
  queries_ = {vectors_.data(), numbers_.size(), queries.dims, bytes, queries.element};
  if (request.excluded) request_.excluded = &excluded_.emplace(request.excluded->of_queries(numbers_));
  if (request.absent) request_.absent = &absent_.emplace(request.absent->of_queries(numbers_));
}

void PartialSearch::put_back(const Results& found, Results& whole) const {
  for (std::size_t i = 0; i < numbers_.size(); ++i) whole.replace(numbers_[i], found, i);
}

}  // namespace nearabout::index

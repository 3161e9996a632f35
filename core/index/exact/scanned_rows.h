// The rows that an exact scan goes through: all of them or, if a filter allows less than half of them, only those. Of
// more than half it goes through all, which costs less than gathering, and leaves out the others.
#pragma once

#include <cstddef>
#include <cstdint>

#include "index/search_filter.h"

namespace nearabout::exact {

class ScannedRows {
 public:
  ScannedRows(std::size_t rows, const index::SearchFilter* filter) : count_(rows), filter_(filter) {
    if (!filter || 2 * filter->count() > rows) return;
    list_ = filter->list().data();
    count_ = filter->count();
  }

  std::size_t count() const { return count_; }
  // Returns the rows at places [place, ...), which are in order; null if place i is row i.
  const std::uint32_t* list(std::size_t place) const { return list_ ? list_ + place : nullptr; }
  // Returns false for rows that are to be left out.
  bool allows(std::uint32_t row) const { return !has_others() || filter_->allows(row); }
  // Returns true if some of the rows are to be left out.
  bool has_others() const { return filter_ && !list_; }
  // Calls visit(i) for each of `count` rows, from row `first` on, that is to be left out.
  template <class Visit>
  void each_left_out(std::size_t first, std::size_t count, Visit visit) const {
    if (has_others()) filter_->rows().each_excluded(first, count, visit);
  }

 private:
  std::size_t count_;
  const std::uint32_t* list_ = nullptr;
  const index::SearchFilter* filter_;
};

}  // namespace nearabout::exact

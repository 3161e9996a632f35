// A filter made for one index, for any number of searches by any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/threads.h"
#include "index/filtered_efforts.h"
#include "index/row_filter.h"

namespace nearabout::index {

class Searcher;

// What a kind of index derives from a filter, in the order in which it scans rows.
class KindFilter {
 public:
  virtual ~KindFilter() = default;
  KindFilter(const KindFilter&) = delete;
  KindFilter& operator=(const KindFilter&) = delete;

 protected:
  KindFilter() = default;
};

// For kinds that scan rows in their own order, which use a filter as it is.
class RowOrderFilter : public KindFilter {};

// Returns the number of threads worth starting to derive something from a filter of so many rows.
inline std::size_t filter_threads(std::size_t rows) {
  constexpr double kRowNanoseconds = 2;
  return worthwhile_threads(kRowNanoseconds * static_cast<double>(rows), 0);
}

class SearchFilter {
 public:
  // Throws InvalidInputError if the filter is for another number of rows. The index must outlive this.
  SearchFilter(const Searcher& searcher, RowFilter rows);
  ~SearchFilter() { delete list_.load(); }
  SearchFilter(const SearchFilter&) = delete;
  SearchFilter& operator=(const SearchFilter&) = delete;

  const RowFilter& rows() const { return rows_; }
  bool allows(std::size_t row) const { return rows_.allows(row); }
  std::size_t count() const { return count_; }  // of allowed rows
  // Returns the allowed rows, in order; makes the list at first use.
  const std::vector<std::uint32_t>& list() const;
  // Returns what the kind derived; null if it knows no filters (Searcher::derive_filter).
  const KindFilter* of_kind() const { return of_kind_.get(); }
  // Returns the efforts for k neighbours, rows to leave out and a recall: those of the last search if that asked for
  // the same, since looking them up takes longer than some searches.
  template <class Make>
  FilteredEfforts efforts(std::size_t k, std::size_t excluded, double recall, Make make) const {
    const EffortsKey key{k, excluded, recall};
    // Nobody waits for the lock, so that a process forked while another thread held it does not hang.
    const std::unique_lock lock(efforts_mutex_, std::try_to_lock);
    if (lock && efforts_ && efforts_key_ == key) return efforts_;
    const FilteredEfforts made = make();
    if (!lock) return made;
    efforts_key_ = key;
    return efforts_ = made;
  }
  // Returns the index that it was made for.
  const Searcher& searcher() const { return searcher_; }

 private:
  struct EffortsKey {
    std::size_t k, excluded;
    double recall;
    bool operator==(const EffortsKey&) const = default;
  };

  const Searcher& searcher_;
  RowFilter rows_;
  std::size_t count_;
  std::unique_ptr<const KindFilter> of_kind_;
  mutable std::atomic<const std::vector<std::uint32_t>*> list_ = nullptr;
  mutable std::mutex efforts_mutex_;
  mutable EffortsKey efforts_key_{};
  mutable FilteredEfforts efforts_;
};

}  // namespace nearabout::index

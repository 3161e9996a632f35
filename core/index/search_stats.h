// The work of a search by named counts and times, for those who want to know where the time goes. Each kind has its own
// names.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace nearabout::index {

struct SearchStats {
  // In the order in which they were first added. Names outlive the search.
  std::vector<std::pair<std::string_view, std::uint64_t>> counts;
  std::vector<std::pair<std::string_view, double>> seconds;  // per stage, summed over threads

  void count(std::string_view name, std::uint64_t value) { entry(counts, name) += value; }
  void time(std::string_view stage, double value) { entry(seconds, stage) += value; }
  void add(const SearchStats& other) {
    for (const auto& [name, value] : other.counts) count(name, value);
    for (const auto& [stage, value] : other.seconds) time(stage, value);
  }

 private:
  template <class Value>
  static Value& entry(std::vector<std::pair<std::string_view, Value>>& entries, std::string_view name) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& one) { return one.first == name; });
    return found == entries.end() ? entries.emplace_back(name, Value{}).second : found->second;
  }
};

// Adds the time between its calls to one stage after another; does nothing without somewhere to add it.
class StageTimer {
 public:
  explicit StageTimer(SearchStats* stats) : stats_(stats) {
    if (stats_) last_ = Clock::now();
  }
  void finish(std::string_view stage) {
    if (!stats_) return;
    const Clock::time_point now = Clock::now();
    stats_->time(stage, std::chrono::duration<double>(now - last_).count());
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  SearchStats* stats_;
  Clock::time_point last_;
};

}  // namespace nearabout::index

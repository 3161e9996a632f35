// What a search did, for those who want to know where the time goes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace nearabout {

struct SearchStats {
  // In order: queries made ready, lists ranked, codes scanned, rows compared.
  enum Stage : std::size_t { bind, rank, scan, compare, kStages };

  std::uint64_t queries = 0;
  std::uint64_t lists = 0;     // looked into
  std::uint64_t codes = 0;     // rows whose codes were scanned
  std::uint64_t compared = 0;  // rows compared in full
  std::uint64_t bytes = 0;     // of codes and vectors that were read for that
  std::array<double, kStages> seconds{};

  void add(const SearchStats& other) {
    queries += other.queries;
    lists += other.lists;
    codes += other.codes;
    compared += other.compared;
    bytes += other.bytes;
    for (std::size_t stage = 0; stage < kStages; ++stage) seconds[stage] += other.seconds[stage];
  }
};

// Adds the time between its calls to one stage after another; does nothing without somewhere to add it.
class StageTimer {
 public:
  explicit StageTimer(SearchStats* stats) : work_(stats) {
    if (work_) last_ = Clock::now();
  }
  void finish(SearchStats::Stage stage) {
    if (!work_) return;
    const Clock::time_point now = Clock::now();
    work_->seconds[stage] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  SearchStats* work_;
  Clock::time_point last_;
};

}  // namespace nearabout

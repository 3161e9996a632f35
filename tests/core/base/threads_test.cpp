// Parallel loops: every index once, whatever the threads; what a body or a monitor throws comes out, and nothing hangs.
#include "base/threads.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

using namespace nearabout;

namespace {

TEST(every_index_is_visited_once) {
  for (const std::size_t count : {0u, 1u, 7u, 64u, 1'000u}) {
    for (const std::size_t grain : {0u, 1u, 3u, 64u, 5'000u}) {
      for (const std::size_t threads : {0u, 1u, 2u, 5u, 64u}) {
        std::vector<std::atomic<int>> visits(count);
        parallel_for(count, grain, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t i = begin; i < end; ++i) visits[i].fetch_add(1);
        });
        bool once = true;
        for (const auto& visit : visits) once = once && visit.load() == 1;
        CHECK(once);
      }
    }
  }
}

// Chunks are [0, grain), [grain, 2 grain), ...: the result of a chunk cannot depend on other threads.
TEST(chunks_do_not_depend_on_threads) {
  for (const std::size_t threads : {1u, 3u}) {
    std::vector<std::size_t> end_of(100, 0);
    parallel_for(100, 7, threads, [&](std::size_t begin, std::size_t end, std::size_t) { end_of[begin] = end; });
    for (std::size_t i = 0; i < 100; ++i) CHECK_EQUAL(end_of[i], (i % 7 != 0 ? 0 : i + 7 < 100 ? i + 7 : 100));
  }
}

TEST(workers_are_never_shared) {
  constexpr std::size_t kThreads = 4;
  std::vector<std::atomic<int>> busy(kThreads);
  std::atomic<bool> shared{false};
  parallel_for(400, 1, kThreads, [&](std::size_t, std::size_t, std::size_t worker) {
    if (worker >= kThreads || busy[worker].fetch_add(1) != 0) {
      shared = true;
      return;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    busy[worker].fetch_sub(1);
  });
  CHECK(!shared.load());
}

TEST(a_failure_comes_out_and_stops_the_rest) {
  for (const std::size_t threads : {1u, 4u}) {
    std::atomic<int> done{0};
    std::string sentence;
    try {
      parallel_for(1'000'000, 1, threads, [&](std::size_t begin, std::size_t, std::size_t) {
        if (begin == 10) throw std::runtime_error("row 10 is bad");
        done.fetch_add(1);
      });
    } catch (const std::runtime_error& error) {
      sentence = error.what();
    }
    CHECK_EQUAL(sentence, "row 10 is bad");
    CHECK(done.load() < 1'000'000);
  }
}

// The monitor is called between chunks once a tenth of a second has passed, with a fraction from 0 to 1.
TEST(the_monitor_sees_fractions_and_may_stop) {
  const auto nap = [](std::size_t, std::size_t, std::size_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  };
  std::vector<double> fractions;
  parallel_for(12, 1, 1, nap, [&](double fraction) { fractions.push_back(fraction); });
  CHECK(!fractions.empty());
  for (const double fraction : fractions) CHECK(fraction > 0 && fraction <= 1);

  std::atomic<int> done{0};
  const auto counted = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    nap(begin, end, worker);
    done.fetch_add(1);
  };
  const auto stop = [](double) { throw std::runtime_error("stop"); };
  CHECK_THROWS(parallel_for(1'000, 1, 2, counted, stop), std::runtime_error);
  CHECK(done.load() < 1'000);
}

TEST(counts_of_threads) {
  CHECK(thread_count(0) >= 1);
  CHECK_EQUAL(thread_count(3), 3);
  CHECK_EQUAL(worthwhile_threads(0, 4), 1);
  CHECK_EQUAL(worthwhile_threads(500e3, 4), 2);
  CHECK_EQUAL(worthwhile_threads(1e300, 4), 4);
}

}  // namespace

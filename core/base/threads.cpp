#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace nearabout {
namespace {

std::size_t available_cores() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return static_cast<std::size_t>(CPU_COUNT(&allowed));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

// State of one running loop: the next chunk to hand out, and the first exception.
class Loop {
 public:
  Loop(std::size_t count, std::size_t grain, LoopBody body) : count_(count), grain_(grain), body_(body) {}

  // Processes chunks until none is left or one failed; calls `between` after each.
  template <class Between>
  void work(std::size_t worker, Between between) noexcept {
    try {
      while (!stopped_.load(std::memory_order_relaxed)) {
        const std::size_t begin = next_.fetch_add(grain_, std::memory_order_relaxed);
        if (begin >= count_) return;
        body_(begin, std::min(begin + grain_, count_), worker);
        between(std::min(begin + grain_, count_));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      stopped_.store(true, std::memory_order_relaxed);
    }
  }

  std::exception_ptr error() const { return error_; }

 private:
  std::size_t count_;
  std::size_t grain_;
  LoopBody body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

// Calls the monitor of a loop about ten times a second.
class Watch {
 public:
  Watch(std::size_t count, const Monitor& monitor) : count_(count), monitor_(monitor) {
    if (monitor) last_ = Clock::now();
  }

  void operator()(std::size_t done) {
    if (!monitor_ || Clock::now() - last_ < std::chrono::milliseconds(100)) return;
    last_ = Clock::now();
    monitor_(static_cast<double>(done) / static_cast<double>(count_));
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t count_;
  const Monitor& monitor_;
  Clock::time_point last_{};
};

// Throws a thread's first exception while memory is available. It needs a little memory of its own, and the C library
// terminates the process if there is none (as may be the case when std::bad_alloc is thrown).
void make_ready_for_exceptions() noexcept {
  struct First {};
  try {
    throw First{};
  } catch (const First&) {
  }
}

}  // namespace

std::size_t thread_count(std::size_t requested) { return requested == 0 ? available_cores() : requested; }

std::size_t worthwhile_threads(double nanoseconds, std::size_t requested) {
  constexpr double kThreadNanoseconds = 200'000;  // least work for which a thread is worth starting
  const double worthwhile = nanoseconds / kThreadNanoseconds;
  if (!(worthwhile >= 2)) return 1;  // without asking the system for the number of cores
  const std::size_t threads = thread_count(requested);
  return worthwhile >= static_cast<double>(threads) ? threads : static_cast<std::size_t>(worthwhile);
}

void parallel_for(std::size_t count, std::size_t grain, std::size_t threads, LoopBody body, const Monitor& monitor) {
  if (count == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t chunks = (count - 1) / grain + 1;
  const std::size_t workers = std::clamp<std::size_t>(threads, 1, chunks);
  Watch watch(count, monitor);
  if (workers == 1) {
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      end = begin + std::min(grain, count - begin);
      body(begin, end, 0);
      watch(end);
    }
    return;
  }

  Loop loop(count, grain, body);
  std::vector<std::thread> helpers;
  helpers.reserve(workers - 1);
  try {
    for (std::size_t worker = 1; worker < workers; ++worker)
      helpers.emplace_back([&loop, worker] {
        make_ready_for_exceptions();
        loop.work(worker, [](std::size_t) {});
      });
  } catch (const std::system_error&) {
    // No more threads can be started (a memory or process limit): those that started, and this one, do the work.
  }
  loop.work(0, [&](std::size_t done) { watch(done); });
  for (std::thread& helper : helpers) helper.join();
  if (loop.error()) std::rethrow_exception(loop.error());
}

}  // namespace nearabout

// Many threads read one file for the first time: each gets the right bytes, and none gets a damaged block.
#include <atomic>
#include <thread>

#include "base/error.h"
#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

constexpr std::size_t kThreads = 8;
constexpr std::size_t kBytes = 2'000'000;

template <class SearchStats>
void on_all_threads(SearchStats stats) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) threads.emplace_back(stats, thread);
  for (std::thread& thread : threads) thread.join();
}

Bytes image() {
  Writer writer = Writer::to_memory();
  writer.add(SectionId::vectors, Element::u8, {kBytes / 1'000, 1'000}, pattern(kBytes));
  return image_of(*writer.finish());
}

TEST(first_reads) {
  const auto file = load(image());
  const Bytes expected = pattern(kBytes);
  std::atomic<std::size_t> right{0};
  on_all_threads([&](std::size_t thread) {
    const Section& vectors = file->section(SectionId::vectors);
    bool all = true;
    for (std::size_t step = 0; step < 2'000; ++step) {
      const std::size_t row = (step * 7 + thread * 250) % 2'000;
      all = all && std::memcmp(vectors.rows(row, row + 1).data, expected.data() + row * 1'000, 1'000) == 0;
    }
    right += all;
  });
  CHECK_EQUAL(right, kThreads);
}

TEST(damage_is_seen_by_all) {
  Bytes damaged = image();
  damaged[kPageAlignment + 1'000'000] ^= std::byte{1};
  const auto file = load(damaged);
  std::atomic<std::size_t> refused{0};
  on_all_threads([&](std::size_t) {
    try {
      file->section(SectionId::vectors).check_rows(0, 2'000);
    } catch (const CorruptFileError&) {
      ++refused;
    }
  });
  CHECK_EQUAL(refused, kThreads);
}

}  // namespace

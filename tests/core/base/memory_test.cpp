// Aligned memory starts where it should and is complete; a view of rows finds each by its stride.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/aligned.h"
#include "base/matrix.h"
#include "check.h"

using namespace nearabout;

namespace {

TEST(memory_is_aligned_and_writable) {
  for (const std::size_t alignment : {std::size_t{64}, std::size_t{4096}}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{65}, std::size_t{100'000}}) {
      const AlignedBytes memory = aligned_bytes(size, alignment);
      CHECK_EQUAL(std::bit_cast<std::uintptr_t>(memory.get()) % alignment, 0);
      std::memset(memory.get(), 0x5a, size);
      if (size > 0) CHECK_EQUAL(memory[size - 1], std::byte{0x5a});
    }
  }
}

TEST(rows_are_a_stride_apart) {
  const std::array<std::byte, 12> bytes{};
  const MatrixView view{bytes.data(), 3, 2, 4, Element::u8};
  CHECK_EQUAL(view.row(0), bytes.data());
  CHECK_EQUAL(view.row(2), bytes.data() + 8);
}

}  // namespace

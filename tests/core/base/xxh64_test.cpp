// Compares XXH64 with the reference implementation (the xxhash package of PyPI) for every length class: below and above
// a stripe of 32 bytes, with tails of words, half words and bytes, with and without a seed.
#include "base/xxh64.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "check.h"

namespace {

using nearabout::xxh64;

struct Expectation {
  std::size_t size;
  std::uint64_t plain;
  std::uint64_t seeded;
};

constexpr std::uint64_t kSeed = 2'654'435'761;

constexpr Expectation kExpectations[] = {
    {0, 0xef46db3751d8e999, 0xac75fda2929b17ef},     {1, 0xe934a84adb052768, 0x5014607643a9b4c3},
    {3, 0xff7e1959cb50794a, 0xaa8584e83660f7d1},     {4, 0x9136a0dca57457ee, 0xcaab286bd8e9fdb5},
    {7, 0x6c83909a9f01ed25, 0xf98d03b1ad6f9293},     {8, 0xcdbcf538e71d1348, 0xfe0c047a5353cdac},
    {9, 0x554b1ae991eda6b6, 0x7908265248f6d73f},     {14, 0x8282dcc4994e35c8, 0xc3bd6bf63deb6df0},
    {15, 0x180719316d622d84, 0xd61105c20e91f99f},    {16, 0x98c90b57fdfcb55c, 0xc900ad2d536b607e},
    {31, 0x299b39a290e6d783, 0xda673d5feb5c1d79},    {32, 0x18b216492bb44b70, 0xb3f33bdf93ade409},
    {33, 0x55c8dc3e578f5b59, 0xe92c292f64bc3071},    {63, 0xa9efbe0fa0f3f4e7, 0x6c911fadb05b6fc2},
    {64, 0xef558f8acac2b5cd, 0xb5eeba99264cc44f},    {65, 0xde0f20dc2631af7a, 0xd3f6ff3941e310ca},
    {101, 0xa51ea2101b2d114c, 0x6b38a5bbba1f049c},   {222, 0xb641ae8cb691c174, 0x20cb8ab7ae10c14a},
    {1000, 0x52bd1358f22e9ef7, 0x72751a2408017e26},  {65536, 0xb1f497aae57dea9d, 0xefed4e3c934e26e0},
    {65537, 0x3aa92e8233e07002, 0x901e5368d40bb514},
};

// The generator of the reference implementation's own self-test.
std::vector<unsigned char> test_bytes(std::size_t size) {
  std::vector<unsigned char> bytes(size);
  std::uint64_t state = kSeed;
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(state >> 56);
    state *= 11'400'714'785'074'694'797u;
  }
  return bytes;
}

TEST(hashes_are_those_of_the_reference) {
  CHECK_EQUAL(xxh64("", 0), 0xEF46DB3751D8E999);
  CHECK_EQUAL(xxh64("abc", 3), 0x44BC2CF5AD770999);
  for (const auto& [size, plain, seeded] : kExpectations) {
    std::vector<unsigned char> bytes = test_bytes(size);
    CHECK_EQUAL(xxh64(bytes.data(), size), plain);
    CHECK_EQUAL(xxh64(bytes.data(), size, kSeed), seeded);
    bytes.insert(bytes.begin(), 1);  // from an odd address
    CHECK_EQUAL(xxh64(bytes.data() + 1, size), plain);
  }
}

}  // namespace

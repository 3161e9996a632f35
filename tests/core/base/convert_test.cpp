// Conversions: every 16-bit float there and back, rounding always to nearest, and values that do not fit are reported.
#include "base/convert.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "check.h"

using namespace nearabout;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// A sixteen-bit float type: `infinity` is its bit pattern; patterns below it are finite and in order.
struct Half {
  float (*widen)(std::uint16_t);
  std::uint16_t (*narrow)(float);
  std::uint16_t infinity;
};
constexpr std::array kHalves{Half{f16_to_f32, f32_to_f16, 0x7C00}, Half{bf16_to_f32, f32_to_bf16, 0x7F80}};

TEST(all_patterns_go_there_and_back) {
  for (const Half& half : kHalves) {
    for (std::uint32_t pattern = 0; pattern < 0x10000; ++pattern) {
      const auto bits = static_cast<std::uint16_t>(pattern);
      const float value = half.widen(bits);
      if ((bits & 0x7FFF) > half.infinity) {
        CHECK(std::isnan(value) && std::isnan(half.widen(half.narrow(value))));
      } else {
        CHECK_EQUAL(half.narrow(value), bits);
      }
    }
  }
}

TEST(known_values) {
  CHECK_EQUAL(f16_to_f32(0x3C00), 1.0f);
  CHECK_EQUAL(f16_to_f32(0xC000), -2.0f);
  CHECK_EQUAL(f16_to_f32(0x7BFF), 65504.0f);
  CHECK_EQUAL(f16_to_f32(0x0001), 0x1p-24f);
  CHECK_EQUAL(f32_to_f16(65519.0f), 0x7BFF);
  CHECK_EQUAL(f32_to_f16(65520.0f), 0x7C00);
  CHECK_EQUAL(f32_to_f16(-kInfinity), 0xFC00);
  CHECK_EQUAL(bf16_to_f32(0x3F80), 1.0f);
  CHECK_EQUAL(f32_to_bf16(kInfinity), 0x7F80);
}

// Returns the nearest pattern by trying its neighbours; the even one of two equally near.
std::uint16_t nearest(const Half& half, float magnitude) {
  const std::uint16_t guess = half.narrow(magnitude);
  std::uint16_t best = guess;
  double best_error = std::numeric_limits<double>::infinity();
  for (int step = -1; step <= 1; ++step) {
    const int pattern = guess + step;
    if (pattern < 0 || pattern >= half.infinity) continue;
    const auto bits = static_cast<std::uint16_t>(pattern);
    const double error = std::abs(static_cast<double>(half.widen(bits)) - magnitude);
    if (error < best_error || (error == best_error && bits % 2 == 0)) {
      best = bits;
      best_error = error;
    }
  }
  return best;
}

TEST(rounding_is_to_the_nearest) {
  std::mt19937 random(11);
  for (const Half& half : kHalves) {
    const float largest = half.widen(static_cast<std::uint16_t>(half.infinity - 1));
    for (int i = 0; i < 200'000; ++i) {
      // Half of the values are halfway between two patterns, where rounding errors show first.
      const auto bits = static_cast<std::uint16_t>(random() % (half.infinity - 1u));
      const float halfway = (half.widen(bits) + half.widen(static_cast<std::uint16_t>(bits + 1))) / 2;
      const float any = std::bit_cast<float>(static_cast<std::uint32_t>(random()) & 0x7FFFFFFFu);
      const float value = i % 2 == 0 ? halfway : any;
      if (!(value <= largest)) continue;
      CHECK_EQUAL(half.narrow(value), nearest(half, value));
      CHECK_EQUAL(half.narrow(-value), (nearest(half, value) | 0x8000));
    }
  }
}

TEST(arrays_are_widened_even_when_unaligned) {
  const std::array<double, 2> doubles{0.5, -1e300};
  std::array<char, 17> shifted{};
  std::memcpy(shifted.data() + 1, doubles.data(), sizeof doubles);
  std::array<float, 2> out{};
  to_f32(Element::f64, shifted.data() + 1, 2, out.data());
  CHECK(out[0] == 0.5f && out[1] == -kInfinity);

  const std::array<std::uint8_t, 3> bytes{0, 128, 255};
  std::array<float, 3> wide{};
  to_f32(Element::u8, bytes.data(), 3, wide.data());
  CHECK(wide[1] == 128 && wide[2] == 255);
  to_f32(Element::i8, bytes.data(), 3, wide.data());
  CHECK(wide[1] == -128 && wide[2] == -1);
}

std::size_t first_misfit(Element element, const std::vector<float>& values) {
  std::vector<float> room(values.size());
  return from_f32(values.data(), values.size(), element, room.data());
}

TEST(number_that_does_not_fit_is_named) {
  for (const Element element : {Element::f32, Element::f16, Element::bf16, Element::u8, Element::i8}) {
    CHECK_EQUAL(first_misfit(element, {0, 1, 127}), 3);
    CHECK_EQUAL(first_misfit(element, {0, kNaN}), 1);
    CHECK_EQUAL(first_misfit(element, {kInfinity}), 0);
  }
  CHECK_EQUAL(first_misfit(Element::f16, {65504.0f, 65519.0f, 65520.0f}), 2);
  CHECK_EQUAL(first_misfit(Element::bf16, {std::numeric_limits<float>::max()}), 0);
  CHECK_EQUAL(first_misfit(Element::u8, {255, 256}), 1);
  CHECK_EQUAL(first_misfit(Element::u8, {0, -1}), 1);
  CHECK_EQUAL(first_misfit(Element::u8, {0, 1, 0.5f}), 2);
  CHECK_EQUAL(first_misfit(Element::i8, {-128, 127, 128}), 2);
}

TEST(values_are_rounded_into_place) {
  const std::array<float, 3> values{-3, 0, 100};
  std::array<std::int8_t, 3> bytes{};
  CHECK_EQUAL(from_f32(values.data(), 3, Element::i8, bytes.data()), 3);
  CHECK(bytes[0] == -3 && bytes[2] == 100);
  std::array<std::uint16_t, 3> halves{};
  CHECK_EQUAL(from_f32(values.data(), 3, Element::f16, halves.data()), 3);
  CHECK(f16_to_f32(halves[0]) == -3 && f16_to_f32(halves[2]) == 100);
}

}  // namespace

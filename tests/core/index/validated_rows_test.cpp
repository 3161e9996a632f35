// Input vectors: every fault is found and reported or skipped, and stored vectors are those that conversion returns.
#include "index/validated_rows.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>

#include "base/convert.h"
#include "base/error.h"
#include "check.h"

using namespace nearabout;
using namespace nearabout::index;
using metric::Metric;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
MatrixView view_of(const std::vector<T>& values, std::size_t dims, Element element) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(values));
  return {bytes.data(), values.size() / dims, dims, dims * sizeof(T), element};
}

std::string refusal(MatrixView input, Element stored, Metric metric) {
  try {
    const ValidatedRows source(input, stored, metric, InvalidRows::refuse, 2, {});
  } catch (const InvalidInputError& error) {
    return error.what();
  }
  return "accepted";
}

bool says(const std::string& sentence, const std::string& part) {
  const bool found = sentence.find(part) != std::string::npos;
  if (!found) std::printf("'%s' does not say '%s'\n", sentence.c_str(), part.c_str());
  return found;
}

std::vector<float> kept(const ValidatedRows& source) {
  std::vector<float> values(source.rows() * source.dims());
  source.read_f32(0, source.rows(), values.data());
  return values;
}

// Rows 1 and 3 of five are invalid: rejected with the key and row number, or skipped.
template <class T>
void check_fault(const char* what, const std::vector<T>& values, std::size_t dims, Element given, Element stored,
                 Metric metric) {
  const MatrixView input = view_of(values, dims, given);
  CHECK_EQUAL(input.rows, 5);
  const std::string sentence = refusal(input, stored, metric);
  CHECK(says(sentence, "row 1 "));
  CHECK(says(sentence, what));
  CHECK(says(sentence, "the first of 2 such rows"));
  CHECK(says(sentence, "invalid='skip'"));
  for (const std::size_t threads : {1u, 3u}) {
    const ValidatedRows source(input, stored, metric, InvalidRows::skip, threads, {});
    CHECK_EQUAL(source.rows(), 3);
    CHECK((source.skipped() == std::vector<std::uint32_t>{1, 3}));
    std::vector<float> expected;
    for (const std::size_t row : {0u, 2u, 4u})
      for (std::size_t j = 0; j < dims; ++j) expected.push_back(static_cast<float>(values[row * dims + j]));
    CHECK_EQUAL(kept(source), expected);
  }
}

TEST(every_fault_is_found) {
  const double huge = 1e39;  // finite as float64, beyond float32
  const double nan = std::nan("");
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan}) {
    check_fault<float>("NaN or infinity", {1, 2, kNan, 1, 3, 4, 5, kInfinity, 6, 7}, 2, Element::f32, Element::f32,
                       metric);
    check_fault<float>("NaN or infinity", {1, 2, 3, -kInfinity, 3, 4, kNan, 1, 6, 7}, 2, Element::f32, Element::f16,
                       metric);
    check_fault<double>("NaN or infinity", {1, 2, nan, huge, 3, 4, 5, -HUGE_VAL, 6, 7}, 2, Element::f64, Element::f32,
                        metric);
    check_fault<double>("f32 cannot hold", {1, 2, huge, 1, 3, 4, 5, -huge, 6, 7}, 2, Element::f64, Element::f32,
                        metric);
    check_fault<float>("f16 cannot hold", {1, 2, 65520, 1, 3, 4, 5, -1e5f, 6, 65504}, 2, Element::f32, Element::f16,
                       metric);
    check_fault<float>("bf16 cannot hold", {1, 2, 3.4e38f, 1, 3, 4, 5, -3.4e38f, 6, 7}, 2, Element::f32, Element::bf16,
                       metric);
    check_fault<float>("u8 cannot hold", {1, 2, 0.5f, 1, 0, 255, 5, 256, 6, 7}, 2, Element::f32, Element::u8, metric);
    check_fault<float>("u8 cannot hold", {1, 2, -1, 1, 0, 255, 5, 1e30f, 6, 7}, 2, Element::f32, Element::u8, metric);
    check_fault<float>("i8 cannot hold", {1, 2, 128, 1, -128, 127, 5, -129, 6, 7}, 2, Element::f32, Element::i8,
                       metric);
    check_fault<std::uint8_t>("i8 cannot hold", {1, 2, 128, 1, 127, 0, 5, 255, 6, 7}, 2, Element::u8, Element::i8,
                              metric);
    check_fault<std::int8_t>("u8 cannot hold", {1, 2, -1, 1, 127, 0, 5, -128, 6, 7}, 2, Element::i8, Element::u8,
                             metric);
  }
}

TEST(zeros_have_no_direction) {
  const std::vector<float> zeros{1, 2, 0, -0.0f, 3, 4, 0, 0, 0, 7};
  check_fault<float>("zero vector", zeros, 2, Element::f32, Element::f32, Metric::cosine);
  check_fault<float>("zero vector", zeros, 2, Element::f32, Element::i8, Metric::cosine);
  check_fault<std::uint8_t>("zero vector", {1, 2, 0, 0, 3, 4, 0, 0, 0, 7}, 2, Element::u8, Element::u8, Metric::cosine);
  check_fault<std::int8_t>("zero vector", {1, 2, 0, 0, 3, 4, 0, 0, 0, -7}, 2, Element::i8, Element::i8, Metric::cosine);
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::dot, Metric::manhattan})
    CHECK_EQUAL(refusal(view_of(zeros, 2, Element::f32), Element::f32, metric), "accepted");
  // A vector that is zero once stored counts as zero: after rounding it has no direction either.
  const std::vector<double> vanishing{1, 1, 1e-60, -1e-60};
  CHECK(
      says(refusal(view_of(vanishing, 2, Element::f64), Element::f32, Metric::cosine),
           "row 1 has only numbers that are zero as f32 (the largest is about 1e-60: scale the vectors up), the only"));
  const std::vector<float> small{1, 1, 1e-9f, 0};
  CHECK(says(refusal(view_of(small, 2, Element::f32), Element::f16, Metric::cosine), "the only such row"));
  CHECK_EQUAL(refusal(view_of(small, 2, Element::f32), Element::f32, Metric::cosine), "accepted");
}

TEST(latitudes_end_at_the_poles) {
  check_fault<float>("latitude", {90, 2, 90.001f, 1, -90, 400, -91, 0, 6, -190}, 2, Element::f32, Element::f32,
                     Metric::haversine);
  check_fault<double>("latitude", {90, 2, 91, 1, -90, 400, -1e30, 0, 6, -190}, 2, Element::f64, Element::f32,
                      Metric::haversine);
}

// Stored vectors are those that base/convert.h returns, however rows are laid out.
TEST(conversions) {
  const std::vector<double> values{0.1, -2.5, 3, 65504, 1e-7, 127};
  for (const Element stored : {Element::f32, Element::f16, Element::bf16}) {
    const ValidatedRows source(view_of(values, 3, Element::f64), stored, Metric::euclidean, InvalidRows::refuse, 1, {});
    CHECK(source.rows() == 2 && source.dims() == 3 && source.element() == stored && source.skipped().empty());
    CHECK_EQUAL(source.metric(), Metric::euclidean);
    for (std::size_t row = 0; row < 2; ++row) {
      std::vector<float> wide(3);
      std::vector<std::byte> expected(row_bytes(stored, 3));
      for (std::size_t j = 0; j < 3; ++j) wide[j] = static_cast<float>(values[row * 3 + j]);
      CHECK_EQUAL(from_f32(wide.data(), 3, stored, expected.data()), 3);
      std::vector<std::byte> got(expected.size());
      source.read(row, row + 1, got.data());
      CHECK_EQUAL(got, expected);
    }
  }
  const std::vector<std::int8_t> bytes{-128, 127, 0, 5};
  const std::vector<float> whole{-128, 127, 0, 5};
  CHECK_EQUAL(kept(ValidatedRows(view_of(bytes, 2, Element::i8), Element::i8, Metric::dot, InvalidRows::refuse, 1, {})),
              whole);
  CHECK_EQUAL(
      kept(ValidatedRows(view_of(bytes, 2, Element::i8), Element::f32, Metric::dot, InvalidRows::refuse, 1, {})),
      whole);
  CHECK_EQUAL(
      kept(ValidatedRows(view_of(whole, 2, Element::f32), Element::i8, Metric::dot, InvalidRows::refuse, 1, {})),
      whole);

  // Rows with gaps between them, starting at an odd address.
  std::vector<std::byte> spread(1 + 3 * 11);
  const float pairs[3][2] = {{1, 2}, {3, 4}, {5, 6}};
  for (std::size_t i = 0; i < 3; ++i) std::memcpy(spread.data() + 1 + i * 11, pairs[i], sizeof pairs[i]);
  const MatrixView odd{spread.data() + 1, 3, 2, 11, Element::f32};
  const ValidatedRows source(odd, Element::f32, Metric::dot, InvalidRows::refuse, 1, {});
  CHECK((kept(source) == std::vector<float>{1, 2, 3, 4, 5, 6}));
}

// Bits past the last dimension do not belong to the vector and are cleared.
TEST(bits) {
  const std::vector<std::uint8_t> bytes{0xFF, 0xFF, 0x01, 0xF4};
  const MatrixView input{std::as_bytes(std::span(bytes)).data(), 2, 11, 2, Element::bits};
  const ValidatedRows source(input, Element::bits, Metric::hamming, InvalidRows::refuse, 1, {});
  std::vector<std::byte> got(4);
  source.read(0, 2, got.data());
  CHECK((got == std::vector<std::byte>{std::byte{0xFF}, std::byte{0x07}, std::byte{0x01}, std::byte{0x04}}));
  CHECK(says(refusal(input, Element::u8, Metric::euclidean), "bits are stored as bits"));
  const std::vector<float> numbers(22, 1.0f);
  CHECK(says(refusal(view_of(numbers, 11, Element::f32), Element::bits, Metric::hamming), "bits are stored as bits"));
  CHECK(says(refusal(view_of(numbers, 11, Element::f32), Element::f32, Metric::hamming), "compares bits"));
}

TEST(none_and_all) {
  const std::vector<float> nothing;
  const MatrixView none{nullptr, 0, 7, 28, Element::f32};
  const ValidatedRows empty(none, Element::f32, Metric::cosine, InvalidRows::refuse, 1, {});
  CHECK(empty.rows() == 0 && empty.skipped().empty());
  const std::vector<float> bad(6, kNan);
  const ValidatedRows skipped(view_of(bad, 2, Element::f32), Element::f32, Metric::cosine, InvalidRows::skip, 1, {});
  CHECK(skipped.rows() == 0 && skipped.skipped().size() == 3);
  CHECK_EQUAL(kept(skipped), nothing);
}

// Rows that were valid when they were checked, and are not when they are read.
template <class T>
void check_change(std::vector<T> values, std::size_t place, T bad, Element given, Element stored, Metric metric,
                  const char* what) {
  const ValidatedRows source(view_of(values, 2, given), stored, metric, InvalidRows::refuse, 1, {});
  std::vector<float> wide(values.size());
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  values[place] = bad;
  for (const bool to_float32 : {true, false}) {
    std::string sentence = "read";
    try {
      if (to_float32)
        source.read_f32(0, source.rows(), wide.data());
      else
        source.read(0, source.rows(), bytes.data());
    } catch (const InvalidInputError& error) {
      sentence = error.what();
    }
    CHECK(says(sentence, "changed while the index was built: row 1 "));
    CHECK(says(sentence, what));
  }
}

TEST(rows_that_change_are_refused) {
  const std::vector<float> floats{1, 2, 0, 4, 5, 6};
  check_change(floats, 3, kNan, Element::f32, Element::f32, Metric::euclidean, "NaN or infinity");
  check_change(floats, 2, kInfinity, Element::f32, Element::f16, Metric::euclidean, "NaN or infinity");
  check_change(floats, 2, 1e30f, Element::f32, Element::f16, Metric::euclidean, "cannot hold");
  check_change(floats, 3, 0.0f, Element::f32, Element::f32, Metric::cosine, "zero vector");
  check_change(floats, 2, 91.0f, Element::f32, Element::f32, Metric::haversine, "latitude");
  check_change<double>({1, 2, 0, 4}, 3, 1e300, Element::f64, Element::f32, Metric::euclidean, "cannot hold");
  check_change<std::uint16_t>({0x3C00, 0x3C00, 0, 0x3C00}, 2, 0x7C00, Element::f16, Element::f16, Metric::euclidean,
                              "NaN or infinity");
  check_change<std::uint8_t>({1, 2, 0, 4}, 3, 0, Element::u8, Element::u8, Metric::cosine, "zero vector");
}

}  // namespace

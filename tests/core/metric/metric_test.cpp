// Metrics: their names, their numbers in files, and the vectors that each accepts.
#include "metric/metric.h"

#include <set>

#include "base/error.h"
#include "check.h"
#include "kernels/kernels.h"

using namespace nearabout;
using namespace nearabout::metric;

namespace {

const Metric kAll[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine,  Metric::dot,
                       Metric::manhattan, Metric::hamming,     Metric::jaccard, Metric::haversine};
const Element kNumbers[] = {Element::f32, Element::f16, Element::bf16, Element::u8, Element::i8};

TEST(names_lead_back) {
  std::set<std::string_view> names;
  for (const Metric metric : kAll) {
    names.insert(name_of(metric));
    CHECK_EQUAL(metric_from_name(name_of(metric)), metric);
  }
  CHECK_EQUAL(names.size(), std::size(kAll));
  for (const std::string_view name : {"", "unknown", "Cosine", "cosine ", "l2", "euclid", "innerproduct"})
    CHECK(!metric_from_name(name));
  CHECK_EQUAL(name_of(static_cast<Metric>(99)), "unknown");
}

// Checks numbers that are written into files: a change would make old files wrong.
TEST(numbers_stay) {
  std::uint32_t number = 1;
  for (const Metric metric : kAll) CHECK_EQUAL(static_cast<std::uint32_t>(metric), number++);
}

TEST(bits_and_numbers_keep_apart) {
  for (const Metric metric : {Metric::hamming, Metric::jaccard}) {
    require_comparable(metric, Element::bits, 77);
    for (const Element element : kNumbers) CHECK_THROWS(require_comparable(metric, element, 77), InvalidInputError);
  }
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan}) {
    for (const Element element : kNumbers) require_comparable(metric, element, 77);
    CHECK_THROWS(require_comparable(metric, Element::bits, 77), InvalidInputError);
  }
}

TEST(places_have_two_dimensions) {
  require_comparable(Metric::haversine, Element::f32, 2);
  for (const std::size_t dims : {0u, 1u, 3u})
    CHECK_THROWS(require_comparable(Metric::haversine, Element::f32, dims), InvalidInputError);
  for (const Element element : {Element::f16, Element::bf16, Element::u8, Element::i8, Element::bits})
    CHECK_THROWS(require_comparable(Metric::haversine, element, 2), InvalidInputError);
}

TEST(dimensions_have_a_limit) {
  for (const std::size_t dims : {std::size_t{1}, kernels::kMaxDims}) {
    require_comparable(Metric::euclidean, Element::f32, dims);
    require_comparable(Metric::hamming, Element::bits, dims);
  }
  for (const std::size_t dims : {std::size_t{0}, kernels::kMaxDims + 1}) {
    CHECK_THROWS(require_comparable(Metric::euclidean, Element::f32, dims), InvalidInputError);
    CHECK_THROWS(require_comparable(Metric::hamming, Element::bits, dims), InvalidInputError);
  }
}

TEST(refusals_say_what_to_do) {
  try {
    require_comparable(Metric::jaccard, Element::f32, 8);
    CHECK(false);
  } catch (const InvalidInputError& error) {
    const std::string said = error.what();
    CHECK(said.find("'jaccard'") != std::string::npos);
    CHECK(said.find("'f32'") != std::string::npos);
    CHECK(said.find("dtype='bits'") != std::string::npos);
  }
}

}  // namespace

// Queries that can be compared: those that a bound query takes, whatever the place and the size of their numbers.
#include "metric/comparable.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "metric/bound_query.h"

using namespace nearabout;
using metric::Metric;

namespace {

bool binds(Metric metric, Element element, const void* query, std::size_t dims) {
  try {
    const metric::BoundQuery bound(metric, element, dims, query, element);
    return true;
  } catch (const InvalidInputError&) {
    return false;
  }
}

TEST(floats_are_comparable_where_they_can_be_bound) {
  using Limits = std::numeric_limits<float>;
  for (const std::size_t dims : {1u, 7u, 8u, 19u}) {
    for (const float number : {0.0f, -0.0f, 1.0f, Limits::denorm_min(), -Limits::denorm_min(), Limits::max(),
                               Limits::lowest(), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
      for (std::size_t place = 0; place < dims; ++place) {
        std::vector<float> query(dims, 0.0f);
        query[place] = number;
        for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot, Metric::manhattan})
          CHECK_EQUAL(metric::is_comparable(metric, Element::f32, query.data(), dims),
                      binds(metric, Element::f32, query.data(), dims));
      }
    }
  }
  const std::vector<float> large(5'000, Limits::max());
  CHECK(metric::is_comparable(Metric::cosine, Element::f32, large.data(), large.size()));
}

TEST(places_are_comparable_where_they_can_be_bound) {
  for (const float latitude : {0.0f, -90.0f, 90.0f, 90.001f, -91.0f, std::numeric_limits<float>::quiet_NaN()})
    for (const float longitude : {0.0f, -180.0f, 720.0f, std::numeric_limits<float>::infinity()}) {
      const float place[] = {latitude, longitude};
      CHECK_EQUAL(metric::is_comparable(Metric::haversine, Element::f32, place, 2),
                  binds(Metric::haversine, Element::f32, place, 2));
    }
  const std::uint8_t whole[] = {10, 20};
  CHECK(!metric::is_comparable(Metric::haversine, Element::u8, whole, 2));
}

TEST(integers_are_comparable_where_they_can_be_bound) {
  for (const Element element : {Element::u8, Element::i8}) {
    for (const std::size_t dims : {1u, 19u}) {
      std::vector<std::uint8_t> query(dims, 0);
      for (const std::uint8_t last : std::vector<std::uint8_t>{0, 1, 128, 255}) {
        query.back() = last;
        for (const Metric metric : {Metric::cosine, Metric::euclidean})
          CHECK_EQUAL(metric::is_comparable(metric, element, query.data(), dims),
                      binds(metric, element, query.data(), dims));
      }
    }
  }
}

}  // namespace

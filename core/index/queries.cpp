#include "index/queries.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/convert.h"
#include "base/error.h"

namespace nearabout::index {
namespace {

using metric::BoundQuery;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float as_float(double value) {
  constexpr double most = std::numeric_limits<float>::max();
  return value > most ? kInfinity : value < -most ? -kInfinity : static_cast<float>(value);
}

}  // namespace

BoundQuery bind_query(MatrixView queries, std::size_t number, const Descriptor& descriptor) {
  try {
    return BoundQuery(descriptor.metric, descriptor.element, queries.dims, queries.row(number), queries.element);
  } catch (const InvalidInputError& error) {
    if (queries.rows == 1) throw;
    throw InvalidInputError("query " + std::to_string(number) + ": " + error.what());
  }
}

std::vector<BoundQuery> bind_queries(MatrixView queries, const Descriptor& descriptor) {
  std::vector<BoundQuery> bound;
  bound.reserve(queries.rows);
  for (std::size_t i = 0; i < queries.rows; ++i) bound.push_back(bind_query(queries, i, descriptor));
  return bound;
}

std::vector<float> to_float32(MatrixView queries, std::size_t begin, std::size_t end) {
  std::vector<float> vectors((end - begin) * queries.dims);
  for (std::size_t i = begin; i < end; ++i)
    to_f32(queries.element, queries.row(i), queries.dims, vectors.data() + (i - begin) * queries.dims);
  return vectors;
}

float radius_of(const Request& request) { return request.radius ? as_float(*request.radius) : kInfinity; }

double rdist_within(const BoundQuery& query, float radius) {
  return query.rdist_within(double{std::nextafter(radius, kInfinity)});
}

TopK top_k_of(const BoundQuery& query, const Request& request, std::size_t k, std::size_t number) {
  return TopK(k, rdist_within(query, radius_of(request)), excluded_of(request, number));
}

void write_result(const BoundQuery& query, TopK& best, const Request& request, Results& results, std::size_t number) {
  write_result(query, best.take_sorted(), request, results, number);
}

void write_result(const BoundQuery& query, std::span<const Neighbour> found, const Request& request, Results& results,
                  std::size_t number) {
  const float radius = radius_of(request);
  for (std::size_t i = 0; i < std::min(request.k, found.size()); ++i) {
    const float distance = as_float(query.distance(found[i].rdist));
    if (distance > radius) break;
    results.append(number, found[i].row, distance);
  }
}

}  // namespace nearabout::index

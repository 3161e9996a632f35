// Binding queries and making results, for every kind of index.
#pragma once

#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/top_k.h"
#include "index/descriptor.h"
#include "index/request.h"
#include "index/results.h"
#include "metric/bound_query.h"

namespace nearabout::index {

// Binds queries. Throws InvalidInputError, which names the first query that cannot be bound.
metric::BoundQuery bind_query(MatrixView queries, std::size_t number, const Descriptor& descriptor);
std::vector<metric::BoundQuery> bind_queries(MatrixView queries, const Descriptor& descriptor);

// Returns queries [begin, end) as floats, one after the other.
std::vector<float> to_float32(MatrixView queries, std::size_t begin, std::size_t end);

// Distances are returned as float32, and a radius is compared with the float32 distances, so that a search within the
// distance of a result finds that row again.
float radius_of(const Request& request);  // infinity without a radius
double rdist_within(const metric::BoundQuery& query, float radius);
// Returns an empty list for the `k` nearest rows of query `number`, without those that the request excludes.
TopK top_k_of(const metric::BoundQuery& query, const Request& request, std::size_t k, std::size_t number);
// Appends the best rows, at most request.k, to the result of query `number`, and leaves `best` empty.
void write_result(const metric::BoundQuery& query, TopK& best, const Request& request, Results& results,
                  std::size_t number);
// Does the same with rows that are in order.
void write_result(const metric::BoundQuery& query, std::span<const Neighbour> found, const Request& request,
                  Results& results, std::size_t number);

}  // namespace nearabout::index

// What every kind of index does with queries and with what it found.
#pragma once

#include <vector>

#include "base/matrix.h"
#include "base/top_k.h"
#include "index/descriptor.h"
#include "index/request.h"
#include "metric/bound_query.h"

namespace nearabout {

// InvalidInputError names the query that cannot be bound: of several, the first.
BoundQuery bind_query(MatrixView queries, std::size_t number, const Descriptor& descriptor);
std::vector<BoundQuery> bind_queries(MatrixView queries, const Descriptor& descriptor);

// Queries [begin, end) as floats, one after the other.
std::vector<float> to_float32(MatrixView queries, std::size_t begin, std::size_t end);

// Distances are handed out as float32, and a radius is compared with them as such: whoever takes the distance of an
// answer for a radius finds that row again.
float radius_of(const Request& request);  // infinity where none is asked for
double rdist_within(const BoundQuery& query, float radius);
SearchResult result_of(const BoundQuery& query, TopK& best, float radius);

}  // namespace nearabout

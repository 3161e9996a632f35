// Rows with a screen, and queries bound to them.
#pragma once

#include <optional>
#include <vector>

#include "index/exact/byte_comparison.h"
#include "index/exact/candidates.h"
#include "metric/bound_query.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

struct Screened {
  const quantize::StoredScreen* screen;
  const storage::Section* vectors;
  const quantize::StoredByteBounds* bytes;  // null if there are none
};

// Arrays of as many queries; `bytes` is null if there are none.
struct BoundQueries {
  const metric::BoundQuery* queries;
  const quantize::ScreenQuery* screens;
  const quantize::ByteBoundQuery* bytes;
};

// Returns the candidates of each query. `work` is their common work space.
inline std::vector<Candidates> candidates_of(const Screened& rows, const BoundQueries& queries,
                                             std::optional<ByteComparison>& work, std::vector<TopK>& best) {
  if (rows.bytes) work.emplace(*rows.bytes);
  std::vector<Candidates> candidates;
  candidates.reserve(best.size());
  for (std::size_t q = 0; q < best.size(); ++q) {
    const QueryBytes bytes = rows.bytes ? QueryBytes{&queries.bytes[q], &*work} : QueryBytes{};
    candidates.emplace_back(queries.queries[q], queries.screens[q], *rows.vectors, bytes, best[q]);
  }
  return candidates;
}

}  // namespace nearabout::exact

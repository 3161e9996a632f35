// Rows as the bytes that are compared, and the score of a pair, one product at a time.
#pragma once

#include <memory>
#include <vector>

#include "index/exact/exact.h"
#include "index/exact/screen.h"
#include "index/fixtures.h"
#include "index/neighbors/byte_points.h"
#include "index/neighbors/near_lists.h"

namespace nearabout::test {

inline std::shared_ptr<const index::StoredIndex> screened(const Table& table, metric::Metric metric) {
  const index::ValidatedRows source(table.view(), Element::f32, metric, index::InvalidRows::refuse, 1, {});
  return built(
      [&](storage::Writer& writer) { exact::write_exact(writer, source, {.rough = true}, "{}", {.threads = 2}, {}); });
}

inline neighbors::BytePoints points_of(const index::StoredIndex& index) {
  const auto screen = exact::screen_of(index.file(), index.descriptor(),
                                       index.file().section(storage::SectionId::vectors), quantize::kScreenOfExact);
  return neighbors::BytePoints(*screen, 2, {});
}

inline float slow_score(const neighbors::BytePoints& points, std::size_t row, std::size_t other) {
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < points.dims(); ++j) sum += points.bytes(row)[j] * points.bytes(other)[j];
  return points.square(other) + points.scale() * static_cast<float>(sum);
}

inline std::vector<Scored> kept(const neighbors::NearLists& lists, std::size_t row) {
  const auto found = lists.of(row);
  return {found.begin(), found.end()};
}

}  // namespace nearabout::test

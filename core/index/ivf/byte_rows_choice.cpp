#include "index/ivf/byte_rows_choice.h"

#include <algorithm>
#include <cmath>

#include "index/exact/byte_rows.h"
#include "index/ivf/costs.h"
#include "index/ivf/learn.h"

namespace nearabout::ivf {
namespace {

// Rows that a search for 10 neighbours looks at, at the default recall, and the power of the misses that they grow
// with; and how many of them byte rows leave to compare in full. Geometric means of words, MiniLM, SIFT and
// Fashion-MNIST, which look at 13 to 34 rows at a recall of .95 and at 15 to 54 at .99 (benchmarks/byte_rows.py).
constexpr double kRowsLookedAt = 20;
constexpr double kRowsLookedAtPower = -0.27;
constexpr double kCompared = 12;

constexpr std::size_t kFewByteDirections = 64;  // of codes of 8 bits

// Returns the codes that most vectors of so many dims get: the choice does not wait for the vectors.
quantize::CodeShape usual_shape(std::size_t dims) {
  constexpr std::size_t kDefaultTableBits = 4;
  const double bytes = std::clamp(2.4 * std::sqrt(static_cast<double>(dims)), 8.0, 48.0);
  const auto directions = static_cast<std::size_t>(bytes) * 8 / kDefaultTableBits;
  return {std::max<std::size_t>(8, std::min(directions, dims) / 8 * 8), kDefaultTableBits};
}

// Returns the cost of everything but the comparison of rows.
double cost_before_rows(const PartCosts& parts, const PlainTable& table, const IvfOptions& options) {
  const double rows = std::max(1.0, static_cast<double>(table.rows));
  const std::size_t lists = lists_for(table.rows, options.lists);
  const double scanned = scanned_rows(table.rows, options.recall);
  const double shared = static_cast<double>(kTogetherByBytes) * scanned / rows;
  const auto probes = static_cast<std::size_t>(scanned / rows * static_cast<double>(lists)) + 1;
  const quantize::CodeShape shape = usual_shape(table.dims);
  double scan = parts.scan(shape, shared);
  if (costs_of(*options.tuning.family).tries_bytes) scan = std::min(scan, parts.scan({kFewByteDirections, 8}, shared));
  return parts.fixed + static_cast<double>(shape.directions) * parts.product_of(table.dims) +
         parts.ranking(lists, probes, shape.directions) + static_cast<double>(probes) * parts.list + scanned * scan;
}

}  // namespace

SearchTimes search_times(const PlainTable& table, const IvfOptions& options) {
  const std::size_t bytes = row_bytes(table.element, table.dims);
  const double looked_at = std::max(kCompared, kRowsLookedAt * std::pow(misses_of(options.recall), kRowsLookedAtPower));
  const double without = weigh(options.tuning, [&](const PartCosts& parts) {
    return cost_before_rows(parts, table, options) + looked_at * parts.compare_row(bytes);
  });
  const double binding = costs_of(*options.tuning.family).byte_rows.query.of(static_cast<double>(table.dims));
  const double with = weigh(options.tuning, [&](const PartCosts& parts) {
    return cost_before_rows(parts, table, options) + binding + looked_at * parts.compare_row(table.dims) +
           kCompared * parts.compare_row(bytes);
  });
  return {without, with};
}

bool stores_byte_rows(const PlainTable& table, const IvfOptions& options) {
  if (options.byte_rows) return *options.byte_rows;
  const FamilyCosts& costs = costs_of(*options.tuning.family);
  if (!costs.tries_byte_rows || !exact::can_have_byte_rows(table.metric, table.element)) return false;
  if (distance_source_of(options, table.element) != index::DistanceSource::vectors) return false;
  const double bytes = static_cast<double>(table.rows) * static_cast<double>(row_bytes(table.element, table.dims));
  if (bytes <= costs.byte_rows.cached) return false;
  const SearchTimes times = search_times(table, options);
  return times.with <= kWorthTheBytes * times.without;
}

}  // namespace nearabout::ivf

#include "index/ivf/costs.h"

#include <algorithm>

#include "index/calibration/calibration.h"
#include "index/ivf/groups.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {
namespace {

// Measured by tests/core/kernels/kernel_speed.cpp; docs/decisions/0011-codes-of-eight-bits.md and
// 0012-byte-rows-where-they-pay.md have the figures. The fixed costs are those of plans (src/nearabout/kinds/ivf.py).
constexpr double kFixedBatch = 900;
constexpr double kFixedSingle = 3'900;

// Zen 5 with AVX-512.
constexpr PartCosts kGenericBatch = {kFixedBatch, 40, {0.1, 0.0145}, {0.1, 0.006}, 1, {12, 0.09}, 0.0045};
constexpr PartCosts kGenericSingle = {kFixedSingle, 40, {0.1, 0.0145}, {0.1, 0.006}, 1, {12, 0.09}, 0.0045};
// Zen 3.
constexpr PartCosts kAvx2Batch = {kFixedBatch, 40, {0.36, 0.03}, {0.26, 0.01}, 1, {20, 0.125}, 0.0165};
constexpr PartCosts kAvx2Single = {kFixedSingle, 40, {0.36, 0.03}, {0.32, 0.0113}, 1, {20, 0.125}, 0.0165};
// Sapphire Rapids, whose matrix unit takes as long for one query as for sixteen. A row of 384 bytes took 48 ns, one of
// 1,536 bytes 176 ns.
constexpr PartCosts kAmxBatch = {kFixedBatch, 40, {0.02, 0.01625}, {0.06, 0.00078}, 16, {5, 0.111}, 0.001};
constexpr PartCosts kAmxSingle = {kFixedSingle, 40, {0.06, 0.01875}, {0.1, 0.0125}, 1, {5, 0.111}, 0.0045};

constexpr double kLookUp = 0.45;  // in a table of 256 entries

// Zen 3 has 32 MB of the last cache; 105 MB is the largest of common models of Sapphire Rapids, where the cost of a
// query was not measured.
constexpr LinearCost kByteQuery = {50, 1.2};
constexpr ByteRowCosts kZenByteRows = {32 << 20, kByteQuery};
constexpr ByteRowCosts kAmxByteRows = {105 << 20, kByteQuery};

// Byte rows are tried on amx alone: no search that the model would turn them on for was faster with them on Zen 3, and
// none was timed on Zen 5 (docs/decisions/0012-byte-rows-where-they-pay.md).
constexpr FamilyCosts kCosts[] = {{kGenericBatch, kGenericSingle, false, kZenByteRows, false},
                                  {kAvx2Batch, kAvx2Single, true, kZenByteRows, false},
                                  {kAmxBatch, kAmxSingle, true, kAmxByteRows, true}};

}  // namespace

double PartCosts::scan(const quantize::CodeShape& shape, double shared) const {
  const auto code_bytes = static_cast<double>(shape.bytes());
  if (shape.form() == quantize::CodeForm::long_tables) return kLookUp * code_bytes;
  if (!shape.has_bytes()) return tables.of(code_bytes);
  return bytes.of(code_bytes) * std::max(1.0, sharing / std::max(shared, 1.0));
}

double PartCosts::ranking(std::size_t lists, std::size_t probes, std::size_t directions) const {
  const std::size_t groups = lists / kernels::kPanelRows;
  const std::size_t compared =
      lists < kManyLists ? lists : groups + std::min(groups, probes + 32) * kernels::kPanelRows;
  constexpr double kScore = 0.5;  // per score, to see whether it is among the nearest
  return static_cast<double>(compared) * (kScore + product_of(directions));
}

double misses_of(double recall) {
  constexpr double kMinMisses = 0.05;
  return std::max((1 - recall) / (1 - calibration::kDefaultRecall), kMinMisses);
}

double scanned_rows(std::size_t rows, double recall) {
  // As a multiple of the square root of the number of rows, at the default recall (approximate).
  constexpr double kScanned = 10;
  constexpr double kOfMisses = -0.55;
  const double all = static_cast<double>(rows);
  return std::min(all, kScanned * std::sqrt(all) * std::pow(misses_of(recall), kOfMisses));
}

const FamilyCosts& costs_of(const index::Family& family) {
  return kCosts[static_cast<std::size_t>(&family - index::families().data())];
}

}  // namespace nearabout::ivf

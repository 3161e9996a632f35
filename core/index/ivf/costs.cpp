#include "index/ivf/costs.h"

#include <algorithm>

#include "index/ivf/groups.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {
namespace {

// Measured by tests/core/kernels/kernel_speed.cpp; docs/decisions/0011-codes-of-eight-bits.md has the figures.

// Zen 5 with AVX-512.
constexpr PartCosts kGeneric = {40, {0.1, 0.0145}, {0.1, 0.006}, 1, {12, 0.09}, 0.0045};
// Zen 3.
constexpr PartCosts kAvx2Batch = {40, {0.36, 0.03}, {0.26, 0.01}, 1, {20, 0.125}, 0.0165};
constexpr PartCosts kAvx2Single = {40, {0.36, 0.03}, {0.32, 0.0113}, 1, {20, 0.125}, 0.0165};
// Sapphire Rapids, whose matrix unit takes as long for one query as for sixteen.
constexpr PartCosts kAmxBatch = {40, {0.02, 0.01625}, {0.06, 0.00078}, 16, {5, 0.111}, 0.001};
constexpr PartCosts kAmxSingle = {40, {0.06, 0.01875}, {0.1, 0.0125}, 1, {5, 0.111}, 0.0045};

constexpr FamilyCosts kCosts[] = {
    {kGeneric, kGeneric, false}, {kAvx2Batch, kAvx2Single, true}, {kAmxBatch, kAmxSingle, true}};

}  // namespace

double PartCosts::scan(const quantize::CodeShape& shape, double shared) const {
  const auto code_bytes = static_cast<double>(shape.bytes());
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

const FamilyCosts& costs_of(const index::Family& family) {
  return kCosts[static_cast<std::size_t>(&family - index::families().data())];
}

}  // namespace nearabout::ivf

#include "metric/metric.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "kernels/kernels.h"

namespace nearabout::metric {
namespace {

constexpr std::array<std::pair<Metric, std::string_view>, 8> kMetricNames{{
    {Metric::euclidean, "euclidean"},
    {Metric::sqeuclidean, "sqeuclidean"},
    {Metric::cosine, "cosine"},
    {Metric::dot, "dot"},
    {Metric::manhattan, "manhattan"},
    {Metric::hamming, "hamming"},
    {Metric::jaccard, "jaccard"},
    {Metric::haversine, "haversine"},
}};

std::string quoted(std::string_view name) {
  std::string text(1, '\'');
  text += name;
  return text += '\'';
}

}  // namespace

std::string_view name_of(Metric metric) {
  for (const auto& [candidate, name] : kMetricNames)
    if (candidate == metric) return name;
  return "unknown";
}

std::optional<Metric> metric_from_name(std::string_view name) {
  for (const auto& [metric, candidate] : kMetricNames)
    if (candidate == name) return metric;
  return std::nullopt;
}

void require_comparable(Metric metric, Element element, std::size_t dims) {
  const std::string who = "metric " + quoted(name_of(metric));
  const bool of_bits = metric == Metric::hamming || metric == Metric::jaccard;
  if (of_bits && element != Element::bits)
    throw InvalidInputError(who + " compares bits, not " + quoted(name_of(element)) +
                            "; give boolean vectors, or packed bytes with dtype='bits'");
  if (!of_bits && element == Element::bits)
    throw InvalidInputError(who + " does not compare bits; use 'hamming' or 'jaccard', or give numbers");
  if (metric == Metric::haversine && (dims != 2 || element != Element::f32))
    throw InvalidInputError(who + " takes (latitude, longitude) in degrees, 2 dimensions of float32, not " +
                            std::to_string(dims) + " dimensions of " + quoted(name_of(element)));
  if (dims == 0 || dims > kernels::kMaxDims)
    throw InvalidInputError("vectors have " + std::to_string(dims) + " dimensions; 1 to " +
                            std::to_string(kernels::kMaxDims) + " are supported");
}

}  // namespace nearabout::metric

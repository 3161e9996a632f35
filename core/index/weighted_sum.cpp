#include "index/weighted_sum.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/convert.h"
#include "base/error.h"
#include "base/norm.h"

namespace nearabout::index {

using metric::Metric;

std::vector<float> weighted_sum(const Searcher& index, std::span<const WeightedRow> rows,
                                std::span<const WeightedVector> vectors) {
  const Element element = index.descriptor().element;
  const Metric metric = index.descriptor().metric;
  if (element == Element::bits || metric == Metric::haversine)
    throw InvalidInputError("vectors under metric '" + std::string(name_of(metric)) +
                            "' cannot be added; ask for one key at a time");
  std::vector<double> sum(index.dims(), 0.0);
  const auto add = [&](double weight, const float* vector) {
    const double square = squared_norm(vector, sum.size());
    const double scale = metric == Metric::cosine && square > 0 ? weight / std::sqrt(square) : weight;
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += scale * double{vector[j]};
  };
  std::vector<std::byte> stored(row_bytes(element, index.dims()));
  std::vector<float> vector(index.dims());
  for (const WeightedRow& term : rows) {
    index.copy_vectors({term.row}, stored.data());
    to_f32(element, stored.data(), index.dims(), vector.data());
    add(term.weight, vector.data());
  }
  for (const WeightedVector& term : vectors) add(term.weight, term.vector);
  std::vector<float> result(sum.begin(), sum.end());
  if (metric == Metric::cosine && std::all_of(result.begin(), result.end(), [](float value) { return value == 0; }))
    throw InvalidInputError("the vectors added and subtracted cancel out: their sum is zero, which has no direction");
  return result;
}

}  // namespace nearabout::index

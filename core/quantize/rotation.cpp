#include "quantize/rotation.h"
#include <algorithm>
#include <cmath>
#include "transform/pca.h"
namespace nearabout::quantize {
std::vector<float> balanced_rotation(const std::vector<float>& rows, std::size_t dims, std::size_t parts, std::size_t threads) {
  const std::size_t count = rows.size() / dims;
  std::vector<float> rotation(dims * dims, 0.0f);
  if (count < dims) { for (std::size_t j = 0; j < dims; ++j) rotation[j * dims + j] = 1; return rotation; }
  const std::vector<double> columns = transform::principal_directions(rows, count, dims, dims, threads);
  std::vector<double> variances(dims, 0.0);
  const std::size_t step = std::max<std::size_t>(1, count / 4096);
  for (std::size_t i = 0; i < count; i += step)
    for (std::size_t a = 0; a < dims; ++a) { double sum = 0; for (std::size_t j = 0; j < dims; ++j) sum += double{rows[i * dims + j]} * columns[j * dims + a]; variances[a] += sum * sum; }
  std::vector<std::size_t> order(dims); for (std::size_t a = 0; a < dims; ++a) order[a] = a;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return variances[a] > variances[b]; });
  const ProductShape shape{dims, parts, 4};
  std::vector<double> products(parts, 0.0); std::vector<std::size_t> used(parts, 0);
  for (const std::size_t a : order) {
    std::size_t best = parts;
    for (std::size_t p = 0; p < parts; ++p) if (used[p] < shape.width(p) && (best == parts || products[p] < products[best])) best = p;
    const std::size_t to = shape.first(best) + used[best]++;
    products[best] += std::log(std::max(variances[a], 1e-30));
    for (std::size_t j = 0; j < dims; ++j) rotation[j * dims + to] = static_cast<float>(columns[j * dims + a]);
  }
  return rotation;
}
std::vector<float> learn_rotation(const std::vector<float>& rows, const ProductShape& shape, const ProductLearning& learning, const Monitor&) { return balanced_rotation(rows, shape.dims, shape.parts, learning.threads); }
}

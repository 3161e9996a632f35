#include "quantize/local_product.h"

#include <algorithm>
#include <utility>

namespace nearabout::quantize {

LocalProductCodes::LocalProductCodes(LocalCodebooks codebooks)
    : codebooks_(std::move(codebooks)), centroids_(codebooks_.centroids, codebooks_.shape.dims) {
  for (const ProductCodebooks& one : codebooks_.codebooks) product_codes_.emplace_back(one);
}

std::size_t LocalProductCodes::cell_of(const std::uint8_t* code) const {
  const std::size_t cell = codebooks_.cells() <= 256 ? code[0] : code[0] + std::size_t{256} * code[1];
  return cell < codebooks_.cells() ? cell : 0;
}

void LocalProductCodes::to_cell(std::size_t cell, const float* vector, float* residual, float* turned) const {
  const std::size_t dims = codebooks_.shape.dims;
  const float* const centroid = codebooks_.centroids.data() + cell * dims;
  const float factor = 1 / codebooks_.scales[cell];
  for (std::size_t j = 0; j < dims; ++j) residual[j] = (vector[j] - centroid[j]) * factor;
  codebooks_.rotations[cell].apply(residual, 1, turned);
}

void LocalProductCodes::encode(const float* vectors, std::size_t count, std::uint8_t* codes) const {
  const std::size_t dims = codebooks_.shape.dims;
  const std::size_t cell_size = cell_bytes(codebooks_.cells());
  std::vector<std::uint32_t> cells(count);
  std::vector<float> sums(count);
  centroids_.nearest(vectors, count, cells.data(), sums.data());
  std::vector<float> residual(dims);
  std::vector<float> turned(dims);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* const code = codes + i * code_bytes();
    code[0] = static_cast<std::uint8_t>(cells[i]);
    if (cell_size == 2) code[1] = static_cast<std::uint8_t>(cells[i] / 256);
    to_cell(cells[i], vectors + i * dims, residual.data(), turned.data());
    codes_of(cells[i]).encode(turned.data(), code + cell_size);
  }
}

void LocalProductCodes::decode(const std::uint8_t* codes, std::size_t count, float* vectors) const {
  const std::size_t dims = codebooks_.shape.dims;
  std::vector<float> turned(dims);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const code = codes + i * code_bytes();
    float* const vector = vectors + i * dims;
    const std::size_t cell = cell_of(code);
    codes_of(cell).decode(code + cell_bytes(codebooks_.cells()), turned.data());
    codebooks_.rotations[cell].undo(turned.data(), 1, vector);
    const float* const centroid = codebooks_.centroids.data() + cell * dims;
    for (std::size_t j = 0; j < dims; ++j) vector[j] = vector[j] * codebooks_.scales[cell] + centroid[j];
  }
}

void LocalProductCodes::squared_distances(const float* query, const std::uint8_t* codes, std::size_t count,
                                          float* distances) const {
  const ProductShape& shape = codebooks_.shape;
  const std::size_t entries = shape.parts * shape.words();
  std::vector<std::vector<float>> tables(codebooks_.cells());
  std::vector<float> residual(shape.dims);
  std::vector<float> turned(shape.dims);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const code = codes + i * code_bytes();
    const std::size_t cell = cell_of(code);
    const ProductCodes& product = codes_of(cell);
    if (tables[cell].empty()) {
      tables[cell].resize(entries);
      to_cell(cell, query, residual.data(), turned.data());
      product.squared_distances(turned.data(), tables[cell].data());
    }
    const float scale = codebooks_.scales[cell];
    distances[i] = product.look_up(tables[cell].data(), code + cell_bytes(codebooks_.cells())) * scale * scale;
  }
}

}  // namespace nearabout::quantize

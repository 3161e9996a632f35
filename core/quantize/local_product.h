// Locally optimized product codes (Y. Kalantidis and Y. Avrithis, "Locally optimized product quantization for
// approximate nearest neighbor search", CVPR 2014).
//
// k-means parts the space into cells. What a vector is off the centroid of its cell, the residual, is turned onto the
// principal directions of the residuals of that cell, allocated to the parts of product codes (learned_rotation.h), and
// divided by their scale. A code is the number of the cell, one byte or two, and a product code.
//
// A cell with many rows has codebooks of its own, others share theirs; the directions of a cell of few rows lean
// towards those of all residuals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "quantize/float_centroids.h"
#include "quantize/product_codes.h"
#include "quantize/product_learn.h"
#include "transform/rotation.h"

namespace nearabout::quantize {

inline constexpr std::size_t kMaxLocalCells = 65'536;
constexpr std::size_t cell_bytes(std::size_t cells) { return cells <= 256 ? 1 : 2; }

// What local product codes are made of.
struct LocalCodebooks {
  ProductShape shape;
  std::vector<float> centroids;                // cells x dims
  std::vector<transform::Rotation> rotations;  // of each cell
  std::vector<float> scales;                   // of each cell: what its rotated residuals are divided by
  std::vector<ProductCodebooks> codebooks;     // the shared ones, then those of cells
  std::vector<std::uint32_t> codebook_of;      // of each cell: a place in `codebooks`

  std::size_t cells() const { return scales.size(); }
};

class LocalProductCodes {
 public:
  explicit LocalProductCodes(LocalCodebooks codebooks);

  const LocalCodebooks& codebooks() const { return codebooks_; }
  std::size_t code_bytes() const { return cell_bytes(codebooks_.cells()) + codebooks_.shape.code_bytes(); }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const;
  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const;
  // Writes the squared distance of a query from what each code stands for. Cells that no code is of take no time.
  void squared_distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const;

 private:
  std::size_t cell_of(const std::uint8_t* code) const;
  const ProductCodes& codes_of(std::size_t cell) const { return product_codes_[codebooks_.codebook_of[cell]]; }
  // Turns what a vector is off a centroid.
  void to_cell(std::size_t cell, const float* vector, float* residual, float* turned) const;

  LocalCodebooks codebooks_;
  FloatCentroids centroids_;
  std::vector<ProductCodes> product_codes_;
};

struct LocalLearning {
  std::size_t cells = 16;  // 1 to kMaxLocalCells, at most the rows
  ProductLearning product = {};
};

// Learns from centred vectors.
LocalCodebooks learn_local_codebooks(const float* vectors, std::size_t rows, const ProductShape& shape,
                                     const LocalLearning& learning, const Monitor& monitor = {});

}  // namespace nearabout::quantize

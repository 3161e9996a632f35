// Data of many shapes: those that vectors come in, and those that break a bound that is not one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace nearabout::test {

using Generator = std::mt19937;

struct Table {
  std::vector<float> values;
  std::size_t rows;
  std::size_t dims;
  float* row(std::size_t index) { return values.data() + index * dims; }
  const float* row(std::size_t index) const { return values.data() + index * dims; }
};

inline float bell(Generator& random, double mean, double deviation) {
  return static_cast<float>(std::normal_distribution<double>(mean, deviation)(random));
}

inline Table normal(Generator& random, std::size_t rows, std::size_t dims, double mean = 0, double deviation = 1) {
  Table table{std::vector<float>(rows * dims), rows, dims};
  for (float& value : table.values) value = bell(random, mean, deviation);
  return table;
}

// Combinations of `rank` directions, and a little noise.
inline Table low_rank(Generator& random, std::size_t rows, std::size_t dims, std::size_t rank, double noise) {
  const Table directions = normal(random, rank, dims);
  Table table = normal(random, rows, dims, 0, noise);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t r = 0; r < rank; ++r) {
      const float weight = bell(random, 0, 1);
      for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] += weight * directions.row(r)[j];
    }
  return table;
}

// Each dimension leans on the one before it.
inline Table correlated(Generator& random, std::size_t rows, std::size_t dims) {
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 1; j < dims; ++j) table.row(i)[j] = 0.95f * table.row(i)[j - 1] + 0.3f * table.row(i)[j];
  return table;
}

inline Table clustered(Generator& random, std::size_t rows, std::size_t dims, std::size_t clusters) {
  const Table centres = normal(random, clusters, dims);
  Table table = normal(random, rows, dims, 0, 0.3);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* centre = centres.row(random() % clusters);
    for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] += centre[j];
  }
  return table;
}

inline Table scaled(Table table, float factor) {
  for (float& value : table.values) value *= factor;
  return table;
}

// One dimension a million times as wide as the others.
inline Table badly_scaled(Generator& random, std::size_t rows, std::size_t dims) {
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i) table.row(i)[dims / 2] *= 1e6f;
  return table;
}

// One row a thousand times as long as the others; row 100 is in no sample of few of many rows.
inline Table with_outlier(Table table) {
  for (std::size_t j = 0; j < table.dims; ++j) table.row(table.rows / 3)[j] *= 1000;
  return table;
}

// Every row many times over.
inline Table duplicated(Table table, std::size_t different) {
  for (std::size_t i = different; i < table.rows; ++i) std::copy_n(table.row(i % different), table.dims, table.row(i));
  return table;
}

// Most numbers zero; with one a row, one-hot.
inline Table sparse(Generator& random, std::size_t rows, std::size_t dims, std::size_t filled, float value) {
  Table table{std::vector<float>(rows * dims, 0.0f), rows, dims};
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t c = 0; c < filled; ++c) table.row(i)[random() % dims] = value;
  return table;
}

// Every other dimension the same in all rows.
inline Table half_constant(Table table) {
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; j += 2) table.row(i)[j] = 0.1f * static_cast<float>(j);
  return table;
}

// Whole numbers within [low, high], by rounding.
inline Table whole(Table table, float factor, float shift, float low, float high) {
  for (float& value : table.values) value = std::clamp(std::nearbyint(value * factor + shift), low, high);
  return table;
}

}  // namespace nearabout::test

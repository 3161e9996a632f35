// Data of many shapes: realistic ones, and those that break bounds that are wrong.
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

// Returns rows of different lengths, from the first to five times it.
inline Table of_many_lengths(Generator& random, std::size_t rows, std::size_t dims) {
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] *= 1 + static_cast<float>(i % 5);
  return table;
}

// Returns combinations of `rank` directions plus a little noise.
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

// Returns rows whose dimensions are each correlated with the one before.
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

// Returns rows with one dimension a million times as wide as the others.
inline Table badly_scaled(Generator& random, std::size_t rows, std::size_t dims) {
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i) table.row(i)[dims / 2] *= 1e6f;
  return table;
}

// Makes one row a thousand times as long as the others; row 100 is not in any small sample of many rows.
inline Table with_outlier(Table table) {
  for (std::size_t j = 0; j < table.dims; ++j) table.row(table.rows / 3)[j] *= 1000;
  return table;
}

// Repeats every row many times.
inline Table duplicated(Table table, std::size_t different) {
  for (std::size_t i = different; i < table.rows; ++i) std::copy_n(table.row(i % different), table.dims, table.row(i));
  return table;
}

// Returns rows that are mostly zero; one-hot with one filled number per row.
inline Table sparse(Generator& random, std::size_t rows, std::size_t dims, std::size_t filled, float value) {
  Table table{std::vector<float>(rows * dims, 0.0f), rows, dims};
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t c = 0; c < filled; ++c) table.row(i)[random() % dims] = value;
  return table;
}

// Makes every other dimension the same in all rows.
inline Table half_constant(Table table) {
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; j += 2) table.row(i)[j] = 0.1f * static_cast<float>(j);
  return table;
}

// Rounds to whole numbers within [low, high].
inline Table whole(Table table, float factor, float shift, float low, float high) {
  for (float& value : table.values) value = std::clamp(std::nearbyint(value * factor + shift), low, high);
  return table;
}

}  // namespace nearabout::test

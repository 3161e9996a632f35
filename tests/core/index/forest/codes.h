// Codes to grow trees on, and the layout of rows in a tree.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "index/forest/split.h"
#include "index/forest/store.h"

namespace nearabout::test {

struct CodeTable {
  std::vector<std::uint8_t> values;
  std::size_t width;
  forest::Codes codes() const { return {values.data(), width}; }
  std::size_t rows() const { return values.size() / width; }
};

// Returns random bytes; with few `levels`, many are alike.
inline CodeTable random_codes(std::size_t rows, std::size_t width, unsigned levels, unsigned seed) {
  std::mt19937 random(seed);
  CodeTable table{std::vector<std::uint8_t>(rows * width), width};
  for (std::uint8_t& value : table.values) value = static_cast<std::uint8_t>(random() % levels * (255 / levels));
  return table;
}

// Returns codes around `clusters` centres; the last one has one row in 1,000 only.
inline CodeTable clustered_codes(std::size_t rows, std::size_t width, std::size_t clusters, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<unsigned> centres(clusters * width);
  for (unsigned& centre : centres) centre = 10 + static_cast<unsigned>(random() % 230);
  CodeTable table{std::vector<std::uint8_t>(rows * width), width};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t cluster = i % 1'000 == 7 ? clusters - 1 : random() % (clusters - 1);
    for (std::size_t j = 0; j < width; ++j)
      table.values[i * width + j] = static_cast<std::uint8_t>(centres[cluster * width + j] + random() % 11);
  }
  return table;
}

// Returns a grid whose steps differ from coordinate to coordinate.
inline quantize::Grid uneven_grid(std::size_t width) {
  quantize::Grid grid;
  for (std::size_t j = 0; j < width; ++j) {
    grid.low.push_back(-3.0f - 0.25f * static_cast<float>(j));
    grid.step.push_back(0.01f * static_cast<float>(1 + j % 5));
    grid.middle.push_back(128.0f);
  }
  return grid;
}

inline std::vector<std::uint32_t> numbers_up_to(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

// Returns the rows of a table in order, with each row's number as its offset.
inline forest::SketchStore stored(const CodeTable& table, const std::string* scratch = nullptr) {
  forest::SketchStore store(table.width, scratch);
  const std::vector<std::uint32_t> numbers = numbers_up_to(table.rows());
  const std::vector<float> offsets(numbers.begin(), numbers.end());
  store.append({table.values.data(), offsets.data(), numbers.data()}, table.rows());
  return store;
}

inline std::int64_t product(const forest::Plane& plane, const std::uint8_t* code, std::size_t width) {
  std::int64_t sum = 0;
  for (std::size_t j = 0; j < width; ++j) sum += std::int64_t{plane.normal[j]} * std::int64_t{code[j]};
  return sum;
}

inline bool is_permutation(std::vector<std::uint32_t> rows, std::size_t count) {
  std::sort(rows.begin(), rows.end());
  return rows == numbers_up_to(count);
}

}  // namespace nearabout::test

// NumPy arrays that a search writes its results into.
#pragma once

#include <cstdint>

#include "arrays.h"
#include "index/results.h"

namespace nearabout {

// The results of a batch: tables of (queries, columns), and the count, the effort, the flag and the number sought of
// each query.
class ResultArrays {
 public:
  ResultArrays(std::size_t queries, std::size_t columns)
      : columns_(columns),
        rows_(queries * columns, {queries, columns}),
        distances_(queries * columns, {queries, columns}),
        counts_(queries, {queries}),
        efforts_(queries, {queries}),
        out_of_distribution_(queries, {queries}),
        sought_(queries, {queries}) {}

  index::ResultTables tables() {
    return {columns_,    rows_.data, distances_.data, counts_.data, efforts_.data, out_of_distribution_.data,
            sought_.data};
  }
  nb::tuple take() const {
    return nb::make_tuple(rows_.array, distances_.array, counts_.array, efforts_.array, out_of_distribution_.array,
                          sought_.array);
  }

 private:
  std::size_t columns_;
  NewArray<std::int64_t> rows_;
  NewArray<float> distances_;
  NewArray<std::uint32_t> counts_;
  NewArray<std::int64_t> efforts_;
  NewArray<std::uint8_t> out_of_distribution_;
  NewArray<std::uint32_t> sought_;
};

// The result of one query: arrays of one axis, and numbers.
class SingleResultArrays {
 public:
  explicit SingleResultArrays(std::size_t columns)
      : columns_(columns), rows_(columns, {columns}), distances_(columns, {columns}) {}

  index::ResultTables tables() {
    return {columns_, rows_.data, distances_.data, &count_, &effort_, &out_of_distribution_, &sought_};
  }
  nb::tuple take() const {
    return nb::make_tuple(rows_.array, distances_.array, effort_, out_of_distribution_ != 0, sought_);
  }

 private:
  std::size_t columns_;
  NewArray<std::int64_t> rows_;
  NewArray<float> distances_;
  std::uint32_t count_ = 0;
  std::int64_t effort_ = index::kEveryRow;
  std::uint8_t out_of_distribution_ = 0;
  std::uint32_t sought_ = 0;
};

}  // namespace nearabout

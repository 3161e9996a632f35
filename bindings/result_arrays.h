// NumPy arrays that a search writes its results into.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "arrays.h"
#include "index/results.h"
#include "numpy_arrays.h"

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

// The result of one query: arrays of one axis, and numbers; of a batch of one, arrays of two axes.
class SingleResultArrays {
 public:
  SingleResultArrays(std::size_t columns, bool batch)
      : columns_(columns), batch_(batch), shape_{1, columns}, rows_(axes()), distances_(axes()) {}

  index::ResultTables tables() {
    return {columns_, rows_.data, distances_.data, &count_, &effort_, &out_of_distribution_, &sought_};
  }
  nb::tuple take() const {
    return nb::make_tuple(rows_.array, distances_.array, counts(), effort_, out_of_distribution_ != 0, sought_);
  }

 private:
  std::span<const std::size_t> axes() const { return std::span<const std::size_t>(shape_).subspan(batch_ ? 0 : 1); }
  nb::object counts() const {
    if (!batch_) return nb::int_(count_);
    const NewNumpyArray<std::int64_t> counts(std::span<const std::size_t>(shape_).first(1));
    counts.data[0] = count_;
    return counts.array;
  }

  std::size_t columns_;
  bool batch_;
  std::array<std::size_t, 2> shape_;
  NewNumpyArray<std::int64_t> rows_;
  NewNumpyArray<float> distances_;
  std::uint32_t count_ = 0;
  std::int64_t effort_ = index::kEveryRow;
  std::uint8_t out_of_distribution_ = 0;
  std::uint32_t sought_ = 0;
};

}  // namespace nearabout

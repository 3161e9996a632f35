// The first limit of a query: the most promising rows of a block are compared in full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "index/exact/candidates.h"
#include "index/exact/screened_block.h"

namespace nearabout::exact {

// Reuses its work space from query to query.
class FirstLimit {
 public:
  // For k neighbours, and blocks of at most so many rows.
  FirstLimit(std::size_t k, std::size_t rows)
      : k_(k),
        hits_(std::make_unique_for_overwrite<std::uint32_t[]>(rows + 16)),
        scores_(std::make_unique_for_overwrite<float[]>(rows + 16)) {}

  // Sets the limit of `candidates`, if it has none, and adds the other rows of the block that are within it. `dots` are
  // the products of the query's code with those of the block.
  void find(Candidates& candidates, const ScreenedBlock& block, const std::int32_t* dots);

 private:
  void compare_promising(Candidates& candidates, const ScreenedBlock& block, const std::int32_t* dots,
                         std::size_t wanted);
  void name_hits(const ScreenedBlock& block, std::size_t count);

  std::size_t k_;
  std::unique_ptr<std::uint32_t[]> hits_;
  std::unique_ptr<float[]> scores_;
  std::vector<std::uint32_t> compared_, fresh_;  // rows that were compared, in order
};

}  // namespace nearabout::exact

// Queries whose true neighbours are known: what an index is measured with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "index/build_options.h"
#include "quantize/lift.h"
#include "quantize/sample.h"

namespace nearabout {

class Index;
struct Answer;
struct Request;

inline constexpr std::size_t kMostNeighbours = 100;  // that are looked for
inline constexpr std::size_t kTrialRows = 384;       // where rows are the queries

struct Trials {
  std::size_t dims = 0;
  std::vector<float> vectors;       // as they are asked, one after the other
  std::vector<std::uint32_t> rows;  // where they were taken from; empty for queries that the user gave
  // The true neighbours of each, nearest first: kMostNeighbours, or as many as there are. Rows are not their own
  // neighbours, nor are their duplicates, which say nothing of others.
  std::vector<std::vector<std::uint32_t>> nearest;

  std::size_t count() const { return dims == 0 ? 0 : vectors.size() / dims; }
  const float* vector(std::size_t i) const { return vectors.data() + i * dims; }
};

// Trials as an index of that element is asked: as they are, or packed into bits.
class AskedTrials {
 public:
  AskedTrials(const Trials& trials, Element element);
  MatrixView view() const { return view_; }

 private:
  std::vector<std::byte> bits_;
  MatrixView view_;
};

// The rows that may become queries: nothing that is to be measured with them should be learnt from them.
std::vector<std::uint32_t> trial_rows(std::size_t rows);
// Whether a row is one of them, and they are few enough of all to be left out of what is learnt.
bool is_left_out(std::size_t row, std::size_t rows);

// Of the user's queries as many as are of use, spread evenly; where there are none, trial_rows(). One in `step` of
// them.
Trials take_trials(std::span<const float> queries, const RowReader& read, std::size_t rows, std::size_t dims,
                   std::size_t step);

// Index::search(), but that a build within a budget asks one at a time and gives back the memory of what it read.
std::vector<Answer> search_within(const Index& index, MatrixView queries, const Request& request, std::size_t memory);

// Fills trials.nearest by comparing every trial with every row, in the space that `lift` leads to.
void find_neighbours(Trials& trials, const RowReader& read, std::size_t rows, const Lift& lift,
                     const BuildOptions& build, const Monitor& monitor = {});

}  // namespace nearabout

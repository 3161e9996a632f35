#include "index/ivf/trials.h"

#include <algorithm>

#include "base/norm.h"
#include "index/ivf/curve.h"

namespace nearabout {
namespace {

constexpr std::size_t kRowTrials = 128;
constexpr std::size_t kMostGiven = 256;

// `count` of `all`, spread evenly.
std::size_t spread(std::size_t number, std::size_t count, std::size_t all) {
  return (2 * number + 1) * all / (2 * count);
}

}  // namespace

Trials take_trials(std::span<const float> queries, const RowReader& read, std::size_t rows, const Lift& lift,
                   const std::vector<float>& centre) {
  const std::size_t given = queries.size() / lift.inputs();
  const std::size_t count = given > 0 ? std::min(given, kMostGiven) : std::min(rows, kRowTrials);
  const std::size_t dims = lift.outputs();
  Trials trials;
  trials.lifted.resize(count * dims);
  std::vector<float> row(lift.inputs());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = spread(i, count, given > 0 ? given : rows);
    if (given > 0) {
      std::copy_n(queries.data() + place * lift.inputs(), lift.inputs(), row.data());
    } else {
      trials.rows.push_back(static_cast<std::uint32_t>(place));
      read(place, place + 1, row.data());
    }
    float* const vector = trials.lifted.data() + i * dims;
    lift.queries(row.data(), 1, vector);
    for (std::size_t j = 0; j < dims; ++j) vector[j] -= centre[j];
    trials.squares.push_back(squared_norm(vector, dims));
    trials.vectors.push_back(row);
  }
  trials.nearest.assign(count, TopK(kCurveNeighbours));
  return trials;
}

}  // namespace nearabout

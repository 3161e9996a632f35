#include "index/calibration/calibration_queries.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/spread_rows.h"
#include "base/threads.h"
#include "index/calibration/ground_truth_scan.h"
#include "index/partial_search.h"
#include "index/searcher.h"
#include "transform/transformed_reader.h"

namespace nearabout::calibration {
namespace {

constexpr std::size_t kMaxGiven = 1'024;
constexpr std::size_t kCentreRows = 1'024;
constexpr std::size_t kRowsPerTask = 64;      // rows per task of a thread
constexpr std::size_t kMemoryFraction = 128;  // bytes of a memory budget per number of a block
constexpr std::size_t kMaxGroups = 128;
constexpr std::size_t kBlockNumbers = std::size_t{4} << 20;  // numbers in the rows between two rounds of all queries

void move_by(const std::vector<float>& centre, float* vectors, std::size_t count) {
  const std::size_t dims = centre.size();
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims; ++j) vectors[i * dims + j] -= centre[j];
}

}  // namespace

EncodedQueries::EncodedQueries(const CalibrationQueries& calibration_queries, Element element) {
  if (element != Element::bits) {
    const std::byte* const bytes = std::as_bytes(std::span(calibration_queries.vectors)).data();
    view_ = {bytes, calibration_queries.count(), calibration_queries.dims, calibration_queries.dims * sizeof(float),
             Element::f32};
    return;
  }
  const std::size_t stride = row_bytes(Element::bits, calibration_queries.dims);
  bits_.resize(calibration_queries.count() * stride);
  for (std::size_t i = 0; i < calibration_queries.count(); ++i)
    for (std::size_t j = 0; j < calibration_queries.dims; ++j)
      if (calibration_queries.vector(i)[j] != 0) bits_[i * stride + j / 8] |= std::byte{1} << j % 8;
  view_ = {bits_.data(), calibration_queries.count(), calibration_queries.dims, stride, Element::bits};
}

std::vector<std::uint32_t> held_out_rows(std::size_t rows) {
  const std::size_t count = std::min(rows, kHeldOutRows);
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(static_cast<std::uint32_t>(spread_row(i, count, rows)));
  return numbers;
}

bool can_hold_out(std::size_t rows) {
  constexpr std::size_t kFew = 4;
  return rows >= kFew * kHeldOutRows;
}

bool is_held_out(std::size_t row, std::size_t rows) {
  if (!can_hold_out(rows)) return false;
  // The row is in this part of all rows or, by rounding, in the next.
  const std::size_t near = row * kHeldOutRows / rows;
  return spread_row(near, kHeldOutRows, rows) == row || spread_row(near + 1, kHeldOutRows, rows) == row;
}

std::vector<std::size_t> rows_to_learn_from(std::size_t rows, std::size_t wanted) {
  const bool enough = can_hold_out(wanted);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t row = spread_row(i, wanted, rows);
    if (!enough || !is_held_out(row, rows)) numbers.push_back(row);
  }
  return numbers;
}

CalibrationQueries sample_calibration_queries(const CalibrationInput& given, const transform::RowReader& read,
                                              std::size_t rows, std::size_t dims, std::size_t step) {
  CalibrationQueries calibration_queries;
  calibration_queries.dims = dims;
  const std::size_t queries = given.queries.size() / dims;
  if (queries > 0) {
    const std::size_t taken = std::min(queries, kMaxGiven / step);
    for (std::size_t i = 0; i < taken; ++i) {
      const float* const query = given.queries.data() + spread_row(i, taken, queries) * dims;
      calibration_queries.vectors.insert(calibration_queries.vectors.end(), query, query + dims);
    }
    return calibration_queries;
  }
  if (given.rows.empty()) {
    const std::vector<std::uint32_t> numbers = held_out_rows(rows);
    for (std::size_t i = 0; i < numbers.size(); i += step) calibration_queries.rows.push_back(numbers[i]);
  } else {
    const std::size_t taken = std::min(given.rows.size(), kMaxGiven / step);
    for (std::size_t i = 0; i < taken; ++i)
      calibration_queries.rows.push_back(given.rows[spread_row(i, taken, given.rows.size())]);
  }
  calibration_queries.vectors.resize(calibration_queries.rows.size() * dims);
  for (std::size_t i = 0; i < calibration_queries.rows.size(); ++i)
    read(calibration_queries.rows[i], std::size_t{calibration_queries.rows[i]} + 1,
         calibration_queries.vectors.data() + i * dims);
  return calibration_queries;
}

std::size_t count_as_near(const AsNear& as_near, std::size_t neighbours, std::size_t k) {
  static_assert(std::tuple_size_v<AsNear> == kCalibratedK.size());
  const auto measured = std::find(kCalibratedK.begin(), kCalibratedK.end(), k);
  if (measured == kCalibratedK.end()) return std::min(k, neighbours);
  return as_near[static_cast<std::size_t>(measured - kCalibratedK.begin())];
}

void CalibrationQueries::take_found(std::size_t i, const std::vector<Neighbour>& found, double power, double unit,
                                    std::size_t copies, bool inner) {
  nearest.resize(count());
  squares.resize(count());
  near_copies.resize(count());
  as_near.resize(count(), {0, 0, 0});
  if (copies > kMaxCopies) return;
  std::vector<double> distances;
  for (const Neighbour& neighbour : found) distances.push_back(std::pow(std::max(neighbour.rdist, 0.0), 1 / power));
  const std::size_t left_out = rows.empty() || inner ? 0 : count_near_copies(distances);
  for (std::size_t n = 0; n < left_out; ++n) near_copies[i].push_back(found[n].row);
  std::sort(near_copies[i].begin(), near_copies[i].end());
  const std::size_t end = std::min(found.size(), left_out + kMaxNeighbours);
  for (std::size_t n = left_out; n < end; ++n) {
    nearest[i].push_back(found[n].row);
    squares[i].push_back(found[n].rdist * unit);
  }
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
    std::size_t& enough = as_near[i][place];
    enough = std::min(kCalibratedK[place], nearest[i].size());
    while (enough > 0 && left_out + enough < end &&
           found[left_out + enough].rdist <= found[left_out + enough - 1].rdist)
      ++enough;
  }
}

// Searches one query at a time: with each page that is read the system maps those around it, 64 KiB for every scattered
// row.
std::vector<index::SearchResult> search_within(const index::Searcher& index, MatrixView queries,
                                               const index::Request& request, std::size_t memory) {
  if (memory == 0) return index.search(queries, request);
  std::vector<index::SearchResult> results;
  for (std::size_t i = 0; i < queries.rows; ++i) {
    index::PartialSearch one(queries, request, {i});
    one.request().releases_memory = true;
    results.push_back(index.search(one.queries(), one.request())[0]);
    index.release_memory();
  }
  return results;
}

void find_neighbours(CalibrationQueries& calibration_queries, const transform::RowReader& read, std::size_t rows,
                     const transform::MetricTransform& transform, const index::BuildOptions& build,
                     const Monitor& monitor) {
  const std::size_t dims = transform.outputs();
  const transform::TransformedReader transformed(read, transform);
  // Rows without their mean are smaller, so their bytes have a finer step.
  const std::vector<float> centre =
      transform::centre_of(transform::take_sample(transformed, rows, dims, kCentreRows), false);
  std::vector<float> queries(calibration_queries.count() * dims);
  transform.queries(calibration_queries.vectors.data(), calibration_queries.count(), queries.data());
  move_by(centre, queries.data(), calibration_queries.count());
  const std::size_t k = calibration_queries.rows.empty() ? kMaxNeighbours : kScannedNeighbours;
  GroundTruthScan scan(queries, dims, std::min(k, rows), calibration_queries.rows, build.threads);

  const std::size_t numbers =
      build.memory == 0 ? kBlockNumbers : std::min(kBlockNumbers, build.memory / kMemoryFraction);
  const std::size_t groups = std::clamp<std::size_t>(numbers / dims / GroundTruthScan::kGroupRows, 1, kMaxGroups);
  const std::size_t block = groups * GroundTruthScan::kGroupRows;
  std::vector<float> vectors(std::min(block, rows) * dims);
  for (std::size_t begin = 0; begin < rows; begin += block) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(rows));
    const std::size_t count = std::min(block, rows - begin);
    parallel_for(count, kRowsPerTask, build.threads, [&](std::size_t first, std::size_t last, std::size_t) {
      transformed(begin + first, begin + last, vectors.data() + first * dims);
      move_by(centre, vectors.data() + first * dims, last - first);
    });
    scan.look_at(begin, vectors.data(), count);
  }
  const double unit =
      transform.space() == transform::CodeSpace::l2 ? 1 / (double{transform.scale()} * double{transform.scale()}) : 1;
  for (std::size_t i = 0; i < calibration_queries.count(); ++i)
    calibration_queries.take_found(i, scan.take(i), 2, unit, scan.copies(i),
                                   transform.space() == transform::CodeSpace::inner_product);
}

}  // namespace nearabout::calibration

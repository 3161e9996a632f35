#include "index/ivf/learn.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "base/threads.h"
#include "index/ivf/choice.h"
#include "index/ivf/curve.h"
#include "index/ivf/groups.h"
#include "quantize/kmeans.h"

namespace nearabout {
namespace {

constexpr std::size_t kDirectionRows = 4'096;  // of the sample that directions are learnt from
constexpr std::size_t kListRows = 64;          // of the sample, a list
constexpr std::size_t kFewestRows = 2'048;     // of the sample that lists are learnt from
constexpr std::size_t kTrials = 128;

// Rows as they are stored, lifted.
class LiftedReader {
 public:
  LiftedReader(const RowReader& read, const Lift& lift) : read_(read), lift_(lift) {}
  void operator()(std::size_t begin, std::size_t end, float* to) const {
    std::vector<float> vectors((end - begin) * lift_.inputs());
    read_(begin, end, vectors.data());
    lift_.rows(vectors.data(), end - begin, to);
  }

 private:
  const RowReader& read_;
  const Lift& lift_;
};

float longest_of(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t threads) {
  constexpr std::size_t kRowsAtATime = 256;
  std::vector<float> longest(threads, 0.0f);
  parallel_for(rows, kRowsAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    std::vector<float> vectors((end - begin) * dims);
    read(begin, end, vectors.data());
    for (std::size_t i = 0; i < end - begin; ++i)
      longest[worker] = std::max(longest[worker], static_cast<float>(norm(vectors.data() + i * dims, dims)));
  });
  return *std::max_element(longest.begin(), longest.end());
}

// Vectors whose squares a float holds with room are left as they are.
float scale_for(const RowReader& read, std::size_t rows, std::size_t dims) {
  const Sample sample = take_sample(read, rows, dims, kFewestRows);
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  if (largest == 0 || (largest < 1e9f && largest > 1e-9f)) return 1;
  return static_cast<float>(std::exp2(-std::floor(std::log2(double{largest}))));
}

Lift lift_for(const RowReader& read, const Source& source, std::size_t threads) {
  const Space space = *space_of(source.metric());
  const std::size_t dims = source.dims();
  if (space == Space::inner) return Lift(space, dims, 1, longest_of(read, source.rows(), dims, threads));
  return Lift(space, dims, space == Space::squared ? scale_for(read, source.rows(), dims) : 1, 0);
}

std::size_t lists_for(std::size_t rows, std::size_t wanted) {
  if (wanted > 0) return std::min(wanted, rows);
  const double root = std::sqrt(static_cast<double>(rows));
  const std::size_t lists = static_cast<std::size_t>(2.5 * root) / 32 * 32;
  return std::clamp<std::size_t>(lists, 1, std::max<std::size_t>(1, rows / 24));
}

std::vector<float> images_of(const LearntDirections& directions, Sample& sample, std::size_t threads) {
  std::vector<float> images(sample.rows * directions.outputs);
  std::vector<float> rests(sample.rows);
  parallel_for(sample.rows, 64, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    directions.project(sample.values.data() + begin * sample.dims, end - begin,
                       images.data() + begin * directions.outputs, rests.data() + begin);
  });
  return images;
}

// How far from zero coordinates of images reach, but for one in a thousand.
float usual_reach(const std::vector<float>& images) {
  constexpr std::size_t kEnough = 200'000;
  const std::size_t step = 1 + images.size() / kEnough;
  std::vector<float> sizes;
  for (std::size_t i = 0; i < images.size(); i += step) sizes.push_back(std::abs(images[i]));
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() - 1 - sizes.size() / 1000);
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place;
}

std::size_t trial_count(std::size_t rows) { return std::min(kTrials, rows); }
std::size_t trial_row(std::size_t trial, std::size_t rows) { return (2 * trial + 1) * rows / (2 * trial_count(rows)); }

// Rows that will be queries must not have shaped the lists: they would find their neighbours more easily than others.
// (Where there are few rows it cannot be helped.)
void leave_out_trials(Sample& sample, std::size_t rows) {
  if (sample.rows < 4 * kTrials) return;
  std::size_t kept = 0;
  std::size_t trial = 0;
  for (std::size_t i = 0; i < sample.rows; ++i) {
    const std::size_t row = i * rows / sample.rows;  // as take_sample() spreads them
    while (trial < trial_count(rows) && trial_row(trial, rows) < row) ++trial;
    if (trial < trial_count(rows) && trial_row(trial, rows) == row) continue;
    std::copy_n(sample.row(i), sample.dims, sample.values.data() + kept++ * sample.dims);
  }
  sample.rows = kept;
  sample.values.resize(kept * sample.dims);
}

void learn_centroids(LearntLists& learnt, const LiftedReader& read, std::size_t rows, std::size_t lists,
                     std::size_t threads) {
  const LearntDirections& directions = learnt.directions;
  Sample sample = take_sample(read, rows, directions.dims, std::max(lists * kListRows, kFewestRows));
  leave_out_trials(sample, rows);
  const std::vector<float> images = images_of(directions, sample, threads);
  learnt.point_step = std::max(usual_reach(images) * 1.3f, 1e-30f) / 127;
  const std::size_t m = learnt.shape.directions;
  std::vector<std::int8_t> points(sample.rows * m);
  for (std::size_t i = 0; i < sample.rows; ++i)
    learnt.to_bytes(images.data() + i * directions.outputs, points.data() + i * m);
  KMeansOptions options;
  options.clusters = lists;
  options.threads = threads;
  const std::vector<std::int8_t> centroids = kmeans(points, m, options);
  for (const std::uint32_t centroid : order_by_nearness(centroids, m))
    learnt.centroids.insert(learnt.centroids.end(), centroids.begin() + static_cast<std::ptrdiff_t>(centroid * m),
                            centroids.begin() + static_cast<std::ptrdiff_t>((centroid + 1) * m));
}

}  // namespace

LearntLists learn(const RowReader& read, const Source& source, const IvfOptions& options, std::size_t threads,
                  const Monitor& monitor) {
  const std::size_t rows = source.rows();
  LearntLists learnt;
  learnt.answers = answers_of(options, source.element());
  learnt.lift = lift_for(read, source, threads);
  const LiftedReader lifted(read, learnt.lift);
  const std::size_t dims = learnt.lift.outputs();
  learnt.squares = source.element() == Element::u8 || source.element() == Element::i8;
  const std::size_t width = row_bytes(source.element(), source.dims());
  const std::size_t lists = lists_for(rows, options.lists);
  const Sample sample = take_sample(lifted, rows, dims, kDirectionRows);
  const PrincipalDirections principal = find_directions(sample, most_directions(sample), threads);
  learnt.shape = choose_shape(sample, principal, {rows, lists, width}, options, threads);
  learnt.directions = learn_directions(principal, std::min(learnt.shape.directions, principal.available), options.seed);
  report(monitor, 0.4);
  learn_centroids(learnt, lifted, rows, lists, threads);
  return learnt;
}

Trials trials_among(const LearntLists& learnt, const RowReader& read, std::size_t rows) {
  Trials trials;
  const std::size_t count = trial_count(rows);
  const std::size_t dims = learnt.directions.dims;
  trials.lifted.resize(count * dims);
  std::vector<float> row(learnt.lift.inputs());
  for (std::size_t i = 0; i < count; ++i) {
    trials.rows.push_back(static_cast<std::uint32_t>(trial_row(i, rows)));
    read(trials.rows[i], trials.rows[i] + std::size_t{1}, row.data());
    float* const vector = trials.lifted.data() + i * dims;
    learnt.lift.queries(row.data(), 1, vector);
    for (std::size_t j = 0; j < dims; ++j) vector[j] -= learnt.directions.centre[j];
    trials.squares.push_back(squared_norm(vector, dims));
  }
  trials.nearest.assign(count, TopK(kCurveNeighbours));
  return trials;
}

}  // namespace nearabout

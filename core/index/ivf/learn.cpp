#include "index/ivf/learn.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "base/threads.h"
#include "index/ivf/choice.h"
#include "index/ivf/groups.h"
#include "index/ivf/list_choice.h"
#include "quantize/kmeans.h"

namespace nearabout {
namespace {

constexpr std::size_t kDirectionRows = 4'096;  // of the sample that directions are learnt from
constexpr std::size_t kListRows = 64;          // of the sample, a list
constexpr std::size_t kFewestRows = 2'048;     // of the sample that lists are learnt from
constexpr std::size_t kFewLists = 64;          // are not worth more than one attempt
constexpr double kBalance = 0.05;              // saves some 3 % of the rows scanned; 0.15 and more cost some
constexpr double kClearly = 0.9;

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

// Makes centroids of the points of a sample, which all attempts share.
class Clustering {
 public:
  Clustering(LearntLists& learnt, const LiftedReader& read, const Trials& trials, std::size_t rows, std::size_t most,
             std::size_t threads)
      : learnt_(learnt), trials_(trials), rows_(rows), threads_(threads) {
    Sample sample = take_sample(read, rows, learnt.directions.dims, std::max(most * kListRows, kFewestRows));
    leave_out(trials, rows, sample);
    sampled_ = sample.rows;
    images_ = images_of(learnt.directions, sample, threads);
    learnt.point_step = std::max(usual_reach(images_) * 1.3f, 1e-30f) / 127;
    const std::size_t m = learnt.shape.directions;
    points_.resize(sampled_ * m);
    for (std::size_t i = 0; i < sampled_; ++i)
      learnt.to_bytes(images_.data() + i * learnt.directions.outputs, points_.data() + i * m);
  }

  std::vector<std::int8_t> centroids(std::size_t lists) const {
    KMeansOptions options;
    options.clusters = lists;
    options.threads = threads_;
    options.balance = kBalance;
    return kmeans(points_, learnt_.shape.directions, options);
  }

  // Half as many lists as usual, or twice as many, where a query is measured to cost clearly less. (On real data the
  // three are within a tenth of each other; of near equals the usual number is better than half of it, since an effort
  // of few lists is a coarse measure.)
  std::vector<std::int8_t> measured_centroids(std::size_t usual) const {
    const ListTrial trial(learnt_, images_, sampled_, trials_, rows_, threads_);
    std::vector<std::int8_t> best = centroids(usual);
    const double cost = trial.cost(best);
    std::vector<std::int8_t> fewer = centroids(usual / 2);
    const double cost_of_fewer = trial.cost(fewer);
    if (cost_of_fewer < kClearly * cost) return fewer;
    if (kClearly * cost_of_fewer < cost) return best;  // more are worth a try only where fewer were a loss
    std::vector<std::int8_t> more = centroids(usual * 2);
    return trial.cost(more) < kClearly * cost ? more : best;
  }

 private:
  LearntLists& learnt_;
  const Trials& trials_;
  std::size_t rows_, threads_, sampled_ = 0;
  std::vector<float> images_;
  std::vector<std::int8_t> points_;
};

void learn_centroids(LearntLists& learnt, const LiftedReader& read, const Trials& trials, std::size_t rows,
                     const IvfOptions& options, std::size_t threads) {
  const std::size_t lists = lists_for(rows, options.lists);
  const std::size_t m = learnt.shape.directions;
  const Clustering clustering(learnt, read, trials, rows, lists, threads);
  const bool given = options.lists > 0 || lists < kFewLists;
  const std::vector<std::int8_t> centroids = given ? clustering.centroids(lists) : clustering.measured_centroids(lists);
  for (const std::uint32_t centroid : order_by_nearness(centroids, m))
    learnt.centroids.insert(learnt.centroids.end(), centroids.begin() + static_cast<std::ptrdiff_t>(centroid * m),
                            centroids.begin() + static_cast<std::ptrdiff_t>((centroid + 1) * m));
}

}  // namespace

LearntLists learn(const RowReader& read, const Source& source, const IvfOptions& options, std::size_t threads,
                  Trials& trials, const Monitor& monitor) {
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
  trials = take_trials(options.queries, read, rows, learnt.lift, learnt.directions.centre);
  learn_centroids(learnt, lifted, trials, rows, options, threads);
  return learnt;
}

}  // namespace nearabout

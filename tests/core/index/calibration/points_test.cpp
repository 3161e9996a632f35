// Values read off the points of a calibration: efforts for recalls and recalls of efforts, in steps from point to
// point; the calibration computed from a known recall profile; and the sections of the file.
#include <cmath>

#include "check.h"
#include "index/calibration/calibration.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/recall_profile.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::calibration;
using metric::Metric;

namespace {

bool near(double one, double other) { return std::abs(one - other) < 1e-9; }

CalibrationPoint point(double effort, std::array<double, 3> recalls, double error = 0) {
  CalibrationPoint made{effort, {}};
  for (std::size_t i = 0; i < 3; ++i) made.at[i] = {recalls[i], error, 10 * effort, 1e-6 * effort};
  return made;
}

Calibration by_hand(double error = 0) {
  Calibration calibration;
  calibration.points = {point(10, {0.8, 0.6, 0.4}, error), point(100, {0.95, 0.9, 0.7}, error),
                        point(1'000, {0.99, 0.97, 0.9}, error)};
  return calibration;
}

TEST(k_lies_between_measured_ones) {
  const auto is = [](std::size_t k, std::size_t below, double part) {
    const KInterpolation at = between_measured(k);
    return at.below == below && near(at.part, part);
  };
  CHECK(is(0, 0, 0) && is(1, 0, 0) && is(10, 1, 0) && is(100, 1, 1));
  CHECK(is(2, 0, std::log10(2.0)) && is(30, 1, std::log10(3.0)));
  CHECK(is(1'000, 1, 2));  // beyond the last
}

TEST(distances_out_of_range_are_out_of_distribution) {
  const DistanceRange range{2, 10};
  const Metric euclidean = Metric::euclidean;
  CHECK(!range.is_out_of_distribution(2, euclidean) && !range.is_out_of_distribution(10, euclidean) &&
        !range.is_out_of_distribution(10.4, euclidean));
  CHECK(range.is_out_of_distribution(10.5, euclidean) && range.is_out_of_distribution(1e30, euclidean) &&
        range.is_out_of_distribution(INFINITY, euclidean));
  CHECK(!range.is_out_of_distribution(1.8, euclidean) && range.is_out_of_distribution(1.7, euclidean) &&
        range.is_out_of_distribution(0.7, euclidean));
  CHECK(!range.is_out_of_distribution(0.6, euclidean) &&
        !range.is_out_of_distribution(0, euclidean));  // a near copy, and a copy
  CHECK(!range.is_out_of_distribution(10.9, Metric::cosine) && range.is_out_of_distribution(11.1, Metric::cosine));
  CHECK(!range.is_out_of_distribution(1.7, Metric::manhattan) &&
        range.is_out_of_distribution(1.5, Metric::sqeuclidean));
  CHECK(!range.is_out_of_distribution(99, Metric::dot) && !range.is_out_of_distribution(-99, Metric::dot));
  const DistanceRange copies{0, 10};
  CHECK(copies.is_out_of_distribution(11, euclidean) && !copies.is_out_of_distribution(1e-9, euclidean) &&
        !copies.is_out_of_distribution(0, euclidean));
  const DistanceRange nothing{INFINITY, -INFINITY};  // nothing was observed
  CHECK(!nothing.is_out_of_distribution(0, euclidean) && !nothing.is_out_of_distribution(5, euclidean));
}

TEST(recall_of_an_effort) {
  const Calibration calibration = by_hand(0.01);
  CHECK(near(calibration.expected(10, 100)->recall, 0.9));
  CHECK(near(calibration.expected(10, 100)->low, 0.9 - 0.0128));
  // Between two measured efforts, the recall of the smaller one counts.
  CHECK(near(calibration.expected(10, 99.9)->recall, 0.6) && near(calibration.expected(10, 999)->recall, 0.9));
  CHECK(near(calibration.expected(30, 100)->recall, 0.9 - std::log10(3.0) * 0.2));
  CHECK(near(calibration.expected(100, 100)->recall, 0.7));
  CHECK(near(calibration.expected(10, 10)->recall, 0.6) && near(calibration.expected(10, 1e9)->recall, 0.97));
  CHECK(!calibration.expected(10, 9.9));  // no effort this small was measured
  // a smaller fraction of more neighbours, on the line through the last two
  CHECK(calibration.expected(1'000, 100)->recall < 0.7);
  CHECK_EQUAL(calibration.expected(1'000'000, 10)->recall, 0);
  CHECK(!Calibration().expected(10, 5));  // all rows are copies
  for (const std::size_t k : {1u, 3u, 10u, 50u, 100u, 300u})
    for (double effort = 10, before = 0; effort < 3'000; effort *= 1.3) {
      const Calibration::Expected found = *calibration.expected(k, effort);
      CHECK(found.recall >= before && found.recall <= 1 && found.low <= found.recall);
      before = found.recall;
    }
}

TEST(effort_of_a_recall) {
  const Calibration calibration = by_hand();
  CHECK(calibration.effort_for(10, 0.9) == 100 && calibration.effort_for(10, 0.1) == 10);
  CHECK(calibration.effort_for(10, 0.61) == 100 && calibration.effort_for(10, 0.75) == 100);  // no interpolation
  CHECK_EQUAL(calibration.effort_for(10, 0.91), 1'000);
  CHECK(!calibration.effort_for(10, 0.98) && !calibration.effort_for(100, 0.95));
  CHECK(!calibration.effort_for(1'000, 0.9));  // a hundred just reach it
  CHECK(!Calibration().effort_for(10, 0.5));
  for (const std::size_t k : {1u, 4u, 10u, 30u, 100u})
    for (double recall = 0.3, before = 0; recall < 0.9; recall += 0.01) {
      const double effort = *calibration.effort_for(k, recall);
      CHECK(effort >= before && (effort == 10 || effort == 100 || effort == 1'000));
      CHECK(calibration.expected(k, effort)->low >= recall);
      CHECK(effort == 10 || calibration.expected(k, effort / 10)->low < recall);
      before = effort;
    }
  // Uncertainty costs effort.
  CHECK(calibration.effort_for(10, 0.9) == 100 && by_hand(0.01).effort_for(10, 0.9) == 1'000);
}

TEST(about_the_most) {
  Calibration calibration = by_hand();
  calibration.points.push_back(point(1e6, {0.992, 0.971, 0.901}));
  CHECK(near(calibration.effort_for_best(10, 0.9), 100));
  const double spent = calibration.effort_for_best(10, 0.999);
  CHECK_EQUAL(spent, 1'000);  // finds .97, and a thousand times as much effort no more than .971
  CHECK_EQUAL(Calibration().effort_for_best(10, 0.9), 1);
}

TEST(cost_of_an_effort) {
  Calibration calibration = by_hand();
  CHECK(near(calibration.nanoseconds(100, 100), 1e5) && near(calibration.nanoseconds(100, 999), 1e5));
  CHECK(near(calibration.nanoseconds(10, 1'000), 1e6) && calibration.nanoseconds(10, 9) == 0);
  calibration.points[0].at[2].seconds *= 3;  // for a hundred neighbours
  CHECK(near(calibration.nanoseconds(1, 10), 1e4) && near(calibration.nanoseconds(10, 10), 1e4));
  CHECK(near(calibration.nanoseconds(100, 10), 3e4) && near(calibration.nanoseconds(1'000, 10), 3e4));
  CHECK(near(calibration.nanoseconds(30, 10), 1e4 + 2e4 * std::log10(3.0)));
}

// One query finds all from the second effort on, another half at the first and, by chance, less at the second.
class Known : public RecallProfile {
 public:
  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override {
    const auto all = static_cast<double>(k);
    if (effort == 4) return {0.5 * all, 0.5 * all, 0};
    if (effort == 8) return {1.0 * all, 0.0 * all, 0};
    return {all, all, 0};
  }
  ProfileCost cost(std::size_t k, std::size_t effort) const override {
    return {static_cast<double>(k * effort), 1e-3 * static_cast<double>(effort)};
  }

 private:
  std::vector<std::size_t> efforts_{4, 8, 16, 32, 64};
};

CalibrationQueries queries_of(const std::vector<std::vector<std::uint32_t>>& nearest) {
  CalibrationQueries calibration_queries;
  calibration_queries.dims = 1;
  calibration_queries.vectors.resize(nearest.size());
  calibration_queries.nearest = nearest;
  return calibration_queries;
}

TEST(profile_becomes_calibration) {
  std::vector<std::uint32_t> hundred(100);
  // The third query has no neighbours, and does not count.
  const CalibrationQueries calibration_queries = queries_of({hundred, hundred, {}});
  const Calibration calibration = calibrate(Known(), calibration_queries, true);
  CHECK(calibration.origin == Calibration::Origin::queries && calibration.queries == 2);
  CalibrationQueries of_rows = calibration_queries;
  of_rows.rows = {0, 1, 2};
  CHECK_EQUAL(calibrate(Known(), of_rows, true).origin, Calibration::Origin::rows);
  // Nothing is listed between the point where all are found and the largest effort.
  CHECK(calibration.points.size() == 4 && calibration.points.back().effort == 64);
  const CalibrationPoint& second = calibration.points[1];
  CHECK(near(second.at[1].recall, 0.5) && near(second.at[2].recall, 0.5));
  CHECK(near(second.at[1].error, std::sqrt(0.25 / 2 + 0.25 * 0.25)));
  CHECK(near(second.at[1].distances, 80) && near(second.at[2].distances, 800) && near(second.at[2].seconds, 8e-3));
  CHECK(near(calibration.points[2].at[1].recall, 1) && near(calibration.points[2].at[1].error, 0.25));
  CHECK(calibrate(Known(), queries_of({{}, {}, {}}), true).points.empty());  // only copies
}

TEST(round_trip) {
  Calibration calibration = by_hand(0.02);
  calibration.origin = Calibration::Origin::queries;
  calibration.queries = 300;
  calibration.target = 0.8;
  calibration.distances = {DistanceRange{-1.5, 2}, DistanceRange{INFINITY, -INFINITY}};
  storage::Writer writer = storage::Writer::to_memory();
  write_calibration(writer, calibration);
  const auto file = writer.finish();
  const std::optional<Calibration> read = read_calibration(*file);
  CHECK(read && read->origin == calibration.origin && read->queries == 300 && read->target == 0.8);
  CHECK(read->distances[0].least == -1.5 && read->distances[1].least == INFINITY);
  CHECK_EQUAL(read->points.size(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK_EQUAL(read->points[i].effort, calibration.points[i].effort);
    for (std::size_t place = 0; place < 3; ++place) {
      const CalibrationPoint::At& at = read->points[i].at[place];
      const CalibrationPoint::At& given = calibration.points[i].at[place];
      CHECK(at.recall == given.recall && at.error == given.error);
      CHECK(at.distances == given.distances && at.seconds == given.seconds);
    }
  }
  storage::Writer empty = storage::Writer::to_memory();
  write_calibration(empty, {});
  CHECK(read_calibration(*empty.finish())->points.empty());
  CHECK(!read_calibration(*storage::Writer::to_memory().finish()));
}

}  // namespace

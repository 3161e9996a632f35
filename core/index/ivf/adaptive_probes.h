// Distributes an effort among queries: those near a centroid find their neighbours in fewer lists than those between
// many centroids, or far away.
//
// A small learned rule in the spirit of DARTH (C. Li et al., "Declarative recall through early termination for
// approximate nearest neighbor search", 2025), but applied before the search instead of during it: lists are scanned
// for many queries together, in the order of lists, so that no query can stop midway. It uses two numbers of a query,
// its distance from the nearest centroid and its length, both along the centred leading directions:
//
//   lists of a query = effort * exp(intercept + w_distance * ln d^2 + w_norm * ln (|q|^2 + scale))
//
// if the effort is a small fraction of all lists; in general the odds of a list to be probed are multiplied.
//
// Learnt by least squares (ridge) from the calibration queries; the target is the logarithm of the place of the last
// but one of ten neighbours' lists. On five data sets searches of equal recall scan 11 to 26 % fewer rows. Fixed rules,
// based on distances and their ratios, scan more rows than the same number of lists for every query does; a
// gradient-boosted tree of ten features, some computed while scanning, hardly improves on these two numbers.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace nearabout::ivf {

struct AdaptiveProbes {
  double intercept = 0, w_distance = 0, w_norm = 0, scale = 1;
  // Ranges of the two logarithms over the calibration queries: nothing is known of queries outside, and they probe as
  // many lists as the effort says.
  std::array<double, 2> distance_range{}, norm_range{};
  bool used = false;

  // Returns the number of lists to probe. `nearest_square` is d^2, `square` is |q|^2. At least 1; if the effort is all
  // lists, all.
  std::size_t lists(std::size_t effort, std::size_t all, double nearest_square, double square) const;
};

// A query, and how many lists it needs.
struct ProbedQuery {
  double nearest_square, square;
  double lists;
};

// Fits the model. It is marked unused if it would save little, or if there are too few queries to fit it.
AdaptiveProbes fit_adaptive_probes(std::span<const ProbedQuery> queries);

}  // namespace nearabout::ivf

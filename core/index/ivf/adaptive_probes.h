// How an effort is shared out among queries: those that lie near a centroid find their neighbours in fewer lists than
// those that lie between many, or far away.
//
// A small learned rule in the spirit of DARTH (C. Li et al., "Declarative recall through early termination for
// approximate nearest neighbor search", 2025), but that it is asked before the search and not on the way: lists are
// scanned for many queries together, in the order of lists, so that none can stop on its way. Of a query it takes two
// numbers, its distance from the nearest centroid and its length, both of the centred leading directions:
//
//   lists of a query = effort * exp(intercept + w_distance * ln d^2 + w_norm * ln (|q|^2 + scale))
//
// where the effort is a small part of all lists; in general the odds of a list to be looked into are multiplied.
//
// Learnt by least squares (ridge) from the calibration queries: what the logarithm of the place of the last but one of
// ten neighbours' lists is. On five sets searches of equal recall scan 11 to 26 in 100 rows fewer. Fixed rules, of
// distances and their ratios, scan more than the same number of lists for all does; a gradient-boosted tree of ten
// features, some taken while scanning, does hardly better than these two numbers.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace nearabout {

struct AdaptiveProbes {
  double intercept = 0, w_distance = 0, w_norm = 0, scale = 1;
  // Between which the two logarithms were, of the calibration queries: of queries beyond nothing is known, and they
  // look into as many lists as the effort says.
  std::array<double, 2> distance_range{}, norm_range{};
  bool used = false;

  // `nearest_square` is d^2, `square` is |q|^2. At least 1; of all lists, all.
  std::size_t lists(std::size_t effort, std::size_t all, double nearest_square, double square) const;
};

// A query, and how many lists it takes.
struct ProbedQuery {
  double nearest_square, square;
  double lists;
};

// Not used where it would save little, or there are too few queries to tell.
AdaptiveProbes fit_adaptive_probes(std::span<const ProbedQuery> queries);

}  // namespace nearabout

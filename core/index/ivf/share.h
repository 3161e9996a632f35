// How an effort is shared out among queries: those that lie near a centroid find their neighbours in fewer lists than
// those that lie between many, or far away.
//
// A small learned rule in the spirit of DARTH (C. Li et al., "Declarative recall through early termination for
// approximate nearest neighbor search", 2025), but that it is asked before the search and not on the way: lists are
// scanned for many queries together, in the order of lists, so that none can stop on its way. Of a query it takes two
// numbers, its distance from the nearest centroid and its length, both of the centred leading directions:
//
//   lists of a query = effort * exp(constant + nearest * ln d^2 + length * ln (|q|^2 + spread))
//
// where the effort is a small part of all lists; in general the odds of a list to be looked into are multiplied.
//
// Learnt by least squares (ridge) from the trials: what the logarithm of the place of the last but one of ten
// neighbours' lists is. On five sets searches of equal recall scan 11 to 26 in 100 rows fewer. Fixed rules, of
// distances and their ratios, scan more than the same number of lists for all does; a gradient-boosted tree of ten
// features, some taken while scanning, does hardly better than these two numbers.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace nearabout {

struct ListShare {
  double constant = 0, nearest = 0, length = 0, spread = 1;
  // Between which the two logarithms were, of the trials: of queries beyond nothing is known, and they look into as
  // many lists as the effort says.
  std::array<double, 2> nearest_range{}, length_range{};
  bool used = false;

  // `nearest_square` is d^2, `square` is |q|^2. At least 1; of all lists, all.
  std::size_t lists(std::size_t effort, std::size_t all, double nearest_square, double square) const;
};

// A query, and how many lists it takes.
struct SharedQuery {
  double nearest_square, square;
  double lists;
};

// Not used where it would save little, or there are too few queries to tell.
ListShare learn_share(std::span<const SharedQuery> queries);

}  // namespace nearabout

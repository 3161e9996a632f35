// The buckets that a query looks into, most promising first: those of its own keys, then those of keys with a few bits
// changed, the least sure ones first.
//
// Query-directed probing (Lv, Josephson, Wang, Charikar and Li, "Multi-probe LSH: efficient indexing for
// high-dimensional similarity search", VLDB 2007): the score of a set of changed bits is the sum of the squared
// distances of the query from their planes, and sets are made in the order of their scores, from sets made before. One
// order serves all tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/lsh/query_codes.h"

namespace nearabout::lsh {

struct Probe {
  std::size_t table;
  std::uint32_t key;
};

class Probes {
 public:
  // Begins with a query, for tables with keys of so many bits.
  void start(const QueryCodes& queries, std::size_t query, std::size_t tables, std::size_t bits);
  // Returns false if all keys have been probed.
  bool next(Probe& probe);

 private:
  struct SetOfBits {
    double score;
    std::uint32_t table;
    std::uint32_t changed;  // bit i: the i-th least sure bit of the key is changed
    // A heap has the largest on top.
    friend bool operator<(const SetOfBits& a, const SetOfBits& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.table != b.table ? a.table > b.table : a.changed > b.changed;
    }
  };
  void push(double score, std::uint32_t table, std::uint32_t changed);
  double square(std::uint32_t table, std::size_t place) const { return squares_[table * bits_ + place]; }

  std::size_t bits_ = 0;
  std::vector<std::uint32_t> keys_;   // per table
  std::vector<std::uint32_t> order_;  // per table: the bits of the key, least sure first
  std::vector<double> squares_;       // of their distances, in this order
  std::vector<SetOfBits> waiting_;    // a heap
};

}  // namespace nearabout::lsh

// What lists and codes are learnt from a sample of the rows, before any row is coded.
#pragma once

#include <cstddef>

#include "index/ivf/encode.h"
#include "index/ivf/ivf.h"

namespace nearabout {

// Rows as they are stored, lifted.
class LiftedReader {
 public:
  LiftedReader(const RowReader& read, const Lift& lift) : read_(read), lift_(lift) {}
  void operator()(std::size_t begin, std::size_t end, float* to) const;

 private:
  const RowReader& read_;
  const Lift& lift_;
};

LearntLists learn(const RowReader& read, const Source& source, const IvfOptions& options, std::size_t threads,
                  const Monitor& monitor);

// Some rows as queries.
Trials trials_among(const LearntLists& learnt, const RowReader& read, std::size_t rows);

}  // namespace nearabout

// Measuring an index: when it is built, and again for other queries.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "index/calibration/calibration.h"
#include "index/calibration/calibration_queries.h"
#include "index/stored_index.h"
#include "index/validated_rows.h"
#include "storage/writer.h"

namespace nearabout {

struct MeasureOptions {
  bool calibrate = true;                // false: what a kind needs for knobs of its own is measured, with fewer rows
  double target = kDefaultRecall;       // the recall of searches that ask for none
  std::span<const float> queries = {};  // of the kind that will be asked, one after the other; empty: rows serve
};

// Adds what is measured to an index all of which but its keys has been written.
void measure(storage::Writer& writer, const ValidatedRows& source, const MeasureOptions& options,
             const BuildOptions& build, const Monitor& monitor);

// The same index, calibrated anew: with queries, with rows of the index, or with held_out_rows(). InvalidInputError
// where nothing can be measured: an exact index, one without rows, or one that keeps no vectors to compare with.
std::shared_ptr<const StoredIndex> remeasured(const StoredIndex& index, const CalibrationInput& given, double target,
                                              std::size_t threads, const Monitor& monitor);

}  // namespace nearabout

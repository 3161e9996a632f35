// Calibrates an index: when it is built, and again for other queries.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "index/calibration/calibration.h"
#include "index/calibration/calibration_queries.h"
#include "index/stored_index.h"
#include "index/validated_rows.h"
#include "storage/writer.h"

namespace nearabout::calibration {

struct MeasureOptions {
  bool calibrate = true;                // false: only a kind's own parameters are measured, with fewer rows
  double target = kDefaultRecall;       // recall target of searches that do not specify one
  std::span<const float> queries = {};  // representative queries, one after another; empty: rows are used
};

// Measures an index of which everything except keys has been written, and adds the results.
void measure(storage::Writer& writer, const index::ValidatedRows& source, const MeasureOptions& options,
             const index::BuildOptions& build, const Monitor& monitor);

// Returns the same index calibrated again: with queries, with rows of the index, or with held_out_rows(). Throws
// InvalidInputError if nothing can be measured: for an exact index, one without rows, or one that stores no vectors to
// compare with.
std::shared_ptr<const index::StoredIndex> remeasured(const index::StoredIndex& index, const CalibrationInput& given,
                                                     double target, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::calibration

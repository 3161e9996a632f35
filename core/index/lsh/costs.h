// Estimated nanoseconds of the parts of a search: a model, the same on every machine. Rough, from whole searches on a
// Zen 4 (benchmarks/hashing.py); no part was timed alone.
#pragma once

namespace nearabout::lsh {

inline constexpr double kHashedQueryCost = 1'500;
inline constexpr double kProjectedCost = 0.03;   // of a dimension and a bit
inline constexpr double kScannedWordCost = 0.1;  // of a row's code
inline constexpr double kNearRowCost = 6;        // of a row that is near enough when the scan comes to it
inline constexpr double kProbedRowCost = 25;     // of a row found in a bucket
inline constexpr double kFullRowCost = 20, kFullRowByteCost = 0.06;

}  // namespace nearabout::lsh

// Compares the rows that a search has chosen, a batch at a time, by what is stored of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/top_k.h"
#include "kernels/kernels.h"
#include "storage/section.h"

namespace nearabout::index {

// Verifies each row of `batch`, which are rows of `table`, has `compute(batch, rdists)` compute their reduced
// distances, and offers them to `best`. `rdists` has room for them.
template <class Compute>
void rerank(const storage::Section& table, kernels::Rows batch, double* rdists, TopK& best, Compute compute) {
  for (std::size_t i = 0; i < batch.count; ++i) table.check_rows(batch.rows[i], std::uint64_t{batch.rows[i]} + 1);
  compute(batch, rdists);
  for (std::size_t i = 0; i < batch.count; ++i) best.push(rdists[i], batch.rows[i]);
}

}  // namespace nearabout::index

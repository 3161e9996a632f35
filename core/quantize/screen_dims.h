// How many principal directions a screen keeps: measured on a sample of the rows.
#pragma once

#include <cstddef>
#include <vector>

#include "base/monitor.h"
#include "transform/contraction.h"
#include "transform/sample.h"

namespace nearabout {

// The contraction whose screen is expected to cost a query over `rows` rows least; the identity where none is cheaper
// than all dimensions. `integers`: the rows are whole numbers, and the centre is made whole too, so that differences
// are exact.
Contraction choose_contraction(const Sample& sample, std::size_t rows, bool integers, std::size_t threads,
                               const Monitor& monitor);

}  // namespace nearabout

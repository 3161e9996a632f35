// Chooses how many principal directions a screen keeps, by measuring on a sample of the rows.
#pragma once

#include <cstddef>
#include <vector>

#include "base/monitor.h"
#include "transform/contraction.h"
#include "transform/sample.h"

namespace nearabout::quantize {

// Returns the numbers of directions that are tried, in order.
std::vector<std::size_t> screen_candidates(std::size_t dims, std::size_t sample_rows);

// Returns the contraction with the lowest expected cost per query over `rows` rows; the identity if none is cheaper
// than all dimensions. `integers` means that the rows are whole numbers; the centre is then rounded to whole numbers
// too, so that differences are exact.
transform::Contraction choose_contraction(const transform::Sample& sample, std::size_t rows, bool integers,
                                          std::size_t threads, const Monitor& monitor);
// Returns a contraction that takes little time to find: the identity for up to a few hundred dimensions; otherwise as
// many directions as leave out little of the variance, up to 256.
transform::Contraction choose_rough_contraction(const transform::Sample& sample, bool integers, std::size_t threads);

}  // namespace nearabout::quantize

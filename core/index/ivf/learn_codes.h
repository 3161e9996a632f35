// Learns the codes of lists, when the lists are known.
#pragma once

#include <cstddef>

#include "index/ivf/encode.h"
#include "index/ivf/options.h"
#include "quantize/directions.h"
#include "transform/sample.h"

namespace nearabout::ivf {

// Returns whether codes are of the coordinates themselves, if there are few enough of them.
constexpr bool codes_coordinates(CodeFamily family) { return is_product(family) || family == CodeFamily::scalar; }
// Returns the shape of codes of vectors of so many dims, as close to the options as whole lines allow; not of
// CodeFamily::pca, whose shape is measured (code_shape_choice.h).
quantize::CodeShape given_shape(std::size_t dims, const IvfOptions& options);

// Learns learnt.codes. Rotated codes turn the directions and the centroids with them. `read` delivers transformed rows.
void learn_codes(LearntLists& learnt, const transform::RowReader& read, std::size_t rows, const IvfOptions& options,
                 std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::ivf

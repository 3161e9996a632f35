// The small codes of lists as a quantizer of their own (leading_codes.h): the numbers of a row along its leading
// directions, relative to the mean, and both terms of its estimate as floats.
#pragma once

#include "quantize/quantizer.h"

namespace nearabout::quantize {

QuantizerMethod leading_method();  // PcaCodes

}  // namespace nearabout::quantize

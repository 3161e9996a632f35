// A scalar quantizer: each number is rounded to one of 16, 64 or 256 steps.
#pragma once

#include "quantize/quantizer.h"

namespace nearabout::quantize {

QuantizerMethod scalar_method();  // SQ

}  // namespace nearabout::quantize

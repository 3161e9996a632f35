// ITQ as a quantizer: binary codes, decoded to the levels of their bits.
#pragma once

#include "quantize/quantizer.h"

namespace nearabout::quantize {

QuantizerMethod binary_method();  // ITQ

}  // namespace nearabout::quantize

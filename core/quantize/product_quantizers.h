// Product codes as quantizers: plain ones, those after a learnt rotation, and local ones.
#pragma once

#include "quantize/quantizer.h"

namespace nearabout::quantize {

QuantizerMethod product_method();          // PQ
QuantizerMethod rotated_product_method();  // OPQ
QuantizerMethod local_product_method();    // LOPQ

}  // namespace nearabout::quantize

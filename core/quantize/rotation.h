#pragma once
#include <vector>
#include "base/monitor.h"
#include "quantize/product_codes.h"
#include "quantize/product_learn.h"
namespace nearabout::quantize {
std::vector<float> balanced_rotation(const std::vector<float>& rows, std::size_t dims, std::size_t parts, std::size_t threads);
std::vector<float> learn_rotation(const std::vector<float>& rows, const ProductShape& shape, const ProductLearning& learning, const Monitor& monitor);
}

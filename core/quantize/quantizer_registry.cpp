// The methods of quantizers, each one line.
#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "quantize/binary_quantizer.h"
#include "quantize/leading_quantizer.h"
#include "quantize/product_quantizers.h"
#include "quantize/quantizer.h"
#include "quantize/rabitq_quantizer.h"
#include "quantize/scalar_quantizer.h"

namespace nearabout::quantize {
namespace {

const auto& methods() {
  static const std::array all{product_method(), rotated_product_method(), local_product_method(), scalar_method(),
                              rabitq_method(),  binary_method(),          leading_method()};
  return all;
}

}  // namespace

const QuantizerMethod* find_method(std::uint64_t number) {
  const auto found =
      std::find_if(methods().begin(), methods().end(), [&](const auto& m) { return m.number == number; });
  return found == methods().end() ? nullptr : &*found;
}

const QuantizerMethod& method_named(std::string_view name) {
  const auto found = std::find_if(methods().begin(), methods().end(), [&](const auto& m) { return m.name == name; });
  if (found == methods().end()) throw InvalidInputError("there is no quantizer '" + std::string(name) + "'");
  return *found;
}

}  // namespace nearabout::quantize

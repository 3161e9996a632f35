#include "index/verify.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/convert.h"
#include "storage/validate.h"

namespace nearabout::index {

void verify_finite(const storage::File& file, const storage::Section& section, const Monitor& monitor) {
  const Element element = section.element();
  if (element != Element::f32 && element != Element::f16 && element != Element::bf16) return;
  constexpr std::size_t kNumbers = 65'536;
  const std::uint64_t width = row_bytes(element, 1);
  const std::uint64_t count = section.length() / width;
  std::vector<float> numbers(std::min<std::uint64_t>(kNumbers, count));
  for (std::uint64_t begin = 0; begin < count; begin += kNumbers) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(count));
    const std::size_t chunk = std::min<std::uint64_t>(kNumbers, count - begin);
    to_f32(element, section.checked(begin * width, (begin + chunk) * width), chunk, numbers.data());
    for (std::size_t i = 0; i < chunk; ++i)
      if (!std::isfinite(numbers[i]))
        storage::throw_corrupt(file.name(), "a number in section " + section.name(),
                               section.offset() + (begin + i) * width, "finite", std::to_string(numbers[i]));
  }
}

}  // namespace nearabout::index

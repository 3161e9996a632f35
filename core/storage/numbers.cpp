#include "storage/numbers.h"

#include <cmath>

#include "storage/validate.h"

namespace nearabout::storage {
namespace {

[[noreturn]] void throw_item(const File& file, const Section& section, std::size_t place, const std::string& expected,
                             const std::string& found) {
  const std::uint64_t at = section.offset() + place * row_bytes(section.element(), 1);
  throw_corrupt(file.name(), "a number in section " + section.name(), at, expected, found);
}

}  // namespace

void throw_number(const File& file, const Section& section, std::size_t place, const std::string& expected,
                  double found) {
  throw_item(file, section, place, expected, std::to_string(found));
}

void throw_count(const File& file, const Section& section, std::size_t place, const std::string& expected,
                 std::uint64_t found) {
  throw_item(file, section, place, expected, std::to_string(found));
}

std::span<const float> finite_floats(const File& file, const Section& section) {
  const std::span<const float> values = section.all<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) throw_number(file, section, i, "finite", double{values[i]});
  return values;
}

}  // namespace nearabout::storage

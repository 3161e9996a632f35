// Named values that a kind tells of an index beyond what every kind does: what info() shows.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nearabout {

struct DescribedValue;
using DescribedList = std::vector<DescribedValue>;
using Description = std::vector<std::pair<std::string, DescribedValue>>;  // in the order in which they are shown

struct DescribedValue {
  std::variant<bool, std::uint64_t, double, std::string, DescribedList, Description> value;
};

}  // namespace nearabout

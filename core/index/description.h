// The named values that a kind adds to info().
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nearabout::index {

struct DescribedValue;
using DescribedList = std::vector<DescribedValue>;
using Description = std::vector<std::pair<std::string, DescribedValue>>;  // in display order

struct DescribedValue {
  std::variant<bool, std::uint64_t, double, std::string, DescribedList, Description> value;
};

}  // namespace nearabout::index

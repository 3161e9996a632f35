// An order of floating-point numbers in which NaN comes last. `<` alone is no order where there are NaNs, and a sort by
// it may write outside its range. Numbers computed from rows may be NaN, whatever the rows were checked for: where
// someone writes to them during a build, their scale is that of other numbers.
#pragma once

#include <utility>

namespace nearabout {

struct NanLast {
  bool operator()(float a, float b) const { return a < b || (b != b && a == a); }
  bool operator()(double a, double b) const { return a < b || (b != b && a == a); }
  template <class Number, class Other>
  bool operator()(const std::pair<Number, Other>& a, const std::pair<Number, Other>& b) const {
    return (*this)(a.first, b.first) || (!(*this)(b.first, a.first) && a.second < b.second);
  }
};

}  // namespace nearabout

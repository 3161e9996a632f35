// A non-owning view of rows in memory.
#pragma once

#include <cstddef>

#include "base/element.h"

namespace nearabout {

struct MatrixView {
  const std::byte* data = nullptr;
  std::size_t rows = 0;
  std::size_t dims = 0;
  std::size_t stride = 0;  // bytes from one row to the next
  Element element = Element::f32;

  const std::byte* row(std::size_t index) const { return data + index * stride; }
};

}  // namespace nearabout

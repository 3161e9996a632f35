// Sketches of many rows while a forest is built: in memory, or in files without names if a memory budget requires it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/spill_buffer.h"

namespace nearabout::forest {

// Some rows of a store. The pointers are valid until the buffers are used again.
struct SketchedRows {
  const std::uint8_t* codes;
  const float* offsets;
  const std::uint32_t* numbers;
};

class SketchStore {
 public:
  SketchStore(std::size_t width, const std::string* scratch);

  std::size_t width() const { return width_; }
  std::size_t rows() const { return numbers_.size(); }
  void reserve(std::size_t rows);
  void append(const SketchedRows& rows, std::size_t count);

  struct Buffers {
    std::vector<std::byte> codes, offsets, numbers;
  };
  SketchedRows read(std::size_t begin, std::size_t end, Buffers& buffers) const;

 private:
  std::size_t width_;
  storage::SpillBuffer codes_, offsets_, numbers_;
};

}  // namespace nearabout::forest

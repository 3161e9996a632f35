// Sketches of many rows while a forest is built: in memory, or in files without names where a budget asks for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/system.h"

namespace nearabout {

// Items of one size, appended and then read.
class Column {
 public:
  // `beside` null: in memory. Else a scratch file in the folder of that path.
  Column(std::size_t item_bytes, const std::string* beside);

  std::size_t size() const { return size_; }
  void reserve(std::size_t items);
  void append(std::span<const std::byte> items);
  // Items [begin, end): where they lie, or read into `buffer`.
  const std::byte* read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const;

 private:
  std::size_t item_bytes_;
  std::size_t size_ = 0;
  std::vector<std::byte> memory_;
  std::unique_ptr<storage::system::ScratchFile> file_;
};

// Some rows of a store. The pointers are good until the buffers are used again.
struct SketchedRows {
  const std::uint8_t* codes;
  const float* offsets;
  const std::uint32_t* numbers;
};

class SketchStore {
 public:
  SketchStore(std::size_t width, const std::string* beside);

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
  Column codes_, offsets_, numbers_;
};

}  // namespace nearabout

// Items kept while a file is built, one for each row: in memory, or in a scratch file where a budget asks for it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/system.h"
#include "storage/writer.h"

namespace nearabout {

// Items of one size, appended and then read.
class SpillBuffer {
 public:
  // `beside` null: in memory. Else a scratch file in the folder of that path.
  SpillBuffer(std::size_t item_bytes, const std::string* scratch);

  std::size_t size() const { return size_; }
  void reserve(std::size_t items);
  void append(std::span<const std::byte> items);
  // Items [begin, end): where they lie, or read into `buffer`.
  const std::byte* read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const;
  // As a section: each item is a row of `columns` elements.
  void write(storage::Writer& writer, storage::SectionId id, Element element, std::size_t columns) const;

 private:
  std::size_t item_bytes_;
  std::size_t size_ = 0;
  std::vector<std::byte> memory_;
  std::unique_ptr<storage::system::ScratchFile> file_;
};

}  // namespace nearabout

// Items held while a file is built, one per row: in memory, or in a scratch file when a memory budget requires it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/system.h"
#include "storage/writer.h"

namespace nearabout::storage {

// Items of one size, which are appended first and read afterwards.
class SpillBuffer {
 public:
  // Holds items in memory if `scratch` is null, otherwise in a scratch file in the folder of that path.
  SpillBuffer(std::size_t item_bytes, const std::string* scratch);

  std::size_t size() const { return size_; }
  void reserve(std::size_t items);
  void append(std::span<const std::byte> items);
  // Returns items [begin, end), either in place or read into `buffer`.
  const std::byte* read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const;
  // Writes a section in which each item is a row of `columns` elements.
  void write(storage::Writer& writer, storage::SectionId id, Element element, std::size_t columns,
             storage::Need need = storage::Need::required) const;

 private:
  std::size_t item_bytes_;
  std::size_t size_ = 0;
  std::vector<std::byte> memory_;
  std::unique_ptr<storage::system::ScratchFile> file_;
};

}  // namespace nearabout::storage

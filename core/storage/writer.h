// Writes one .near image, once: to a file (a temporary one next to the target, published by finish) or to memory.
//
// The bytes are the same either way, and depend only on what was added. Sections are stored in the order in which they
// were added. Memory used in addition to the image is 64 KiB and 8 bytes for each 4 KiB written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/file.h"

namespace nearabout::storage {

class Writer {
 public:
  static Writer to_path(const std::string& path);
  // Writes to memory. `expected` bytes are reserved at once; more are allocated as needed.
  static Writer to_memory(std::size_t expected = 0);

  // Adds a whole section.
  void add(SectionId id, Element element, Shape shape, std::span<const std::byte> bytes, Need need = Need::required);
  template <class T>
  void add(SectionId id, Shape shape, std::span<const T> items, Need need = Need::required) {
    add(id, ElementOf<T>::value, shape, std::as_bytes(items), need);
  }
  void add_text(SectionId id, std::string_view text);  // as u8, one column

  // Adds a large section in pieces of any size; end() checks that the total matches the shape.
  void begin(SectionId id, Element element, Shape shape, Need need = Need::required);
  void append(std::span<const std::byte> bytes);
  void end();

  // Opens the sections added so far for reading. More can be added once the preview is destroyed: it leaves no trace in
  // the image.
  std::shared_ptr<const File> preview();

  // Adds checksums, directory and header; a file is then flushed to disk and renamed to the target. Returns the image,
  // open. Without finish() nothing appears under the target's name, and the temporary file is removed.
  std::shared_ptr<const File> finish();

  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();

  class Sink;  // destination of the bytes; writer.cpp has both kinds

 private:
  explicit Writer(std::unique_ptr<Sink> sink);

  void start_entry(SectionId id, Element element, Shape shape, Need need);
  void flush();
  void put_blocks(std::span<const std::byte> bytes);
  void pad_to(std::uint64_t offset);
  void put(std::span<const std::byte> bytes);
  std::vector<std::byte> directory();
  void leave_preview();
  void put_end();
  void put_header(std::uint64_t directory_offset, std::span<const std::byte> directory);

  std::unique_ptr<Sink> sink_;
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> checksums_;  // of all blocks of all sections so far
  std::vector<std::byte> pending_;        // bytes not yet written
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;       // end of the sections while a preview follows them; otherwise 0
  std::uint64_t appended_ = 0;  // bytes of the section being written
  bool open_section_ = false;
};

}  // namespace nearabout::storage

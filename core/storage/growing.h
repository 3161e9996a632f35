// Memory that grows, in this process or in a file: for data that is built piece by piece before anyone may read it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "storage/system.h"

namespace nearabout::storage::system {

// A growing byte array. New bytes are zero, and take no memory until they are written. Growing may move the bytes.
// Throws std::bad_alloc in memory and SystemError in a file if it cannot grow.
class GrowingBytes {
 public:
  GrowingBytes() = default;  // in memory
  // Uses a new temporary file next to `target`, mapped for writing, so that more can be built than fits in memory. Disk
  // space is reserved as the file grows, so that a full disk is an error here instead of a signal at a later write.
  explicit GrowingBytes(const std::string& target);
  ~GrowingBytes();
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool in_file() const { return file_ != nullptr; }
  void resize(std::size_t size);  // must not be 0
  // Flushes a file to disk and renames it to the target. The bytes stay mapped, and must not be written any more.
  void publish();

 private:
  std::unique_ptr<TemporaryFile> file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writes to a character device, which cannot be replaced by a finished file. Returns false without doing anything if
// `path` is not a device.
bool write_to_device(const std::string& path, std::span<const std::byte> bytes);

}  // namespace nearabout::storage::system

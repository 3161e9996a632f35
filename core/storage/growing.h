// Memory that grows, in this process or in a file: what is built piece by piece before anyone may read it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "storage/system.h"

namespace nearabout::storage::system {

// New bytes are zero, and cost no memory until they are written. Growing may move the bytes. Failures to grow are
// std::bad_alloc in memory, SystemError in a file.
class GrowingBytes {
 public:
  GrowingBytes() = default;  // in memory
  // In a new temporary file beside `target`, mapped for writing, so that more can be built than memory holds. The disk
  // space is reserved as it grows: a full disk is an error here, not a signal at some later write.
  explicit GrowingBytes(const std::string& target);
  ~GrowingBytes();
  GrowingBytes(const GrowingBytes&) = delete;
  GrowingBytes& operator=(const GrowingBytes&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool in_file() const { return file_ != nullptr; }
  void resize(std::size_t size);  // not to 0
  // For a file: all of it goes to disk, and it takes the target's name. The bytes stay mapped, and must not be written
  // any more.
  void publish();

 private:
  std::unique_ptr<TemporaryFile> file_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writes to a character device, which cannot be replaced by a finished file. False, and nothing is done, where `path`
// is something else.
bool write_to_device(const std::string& path, std::span<const std::byte> bytes);

}  // namespace nearabout::storage::system

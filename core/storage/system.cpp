#include "storage/system.h"

#include "base/error.h"

namespace nearabout::storage::system {

void ReadFile::throw_shorter() const {
  throw TruncatedFile(path_ + " became shorter while it was read: it was " + std::to_string(size_) +
                      " bytes long when it was opened. Read it again when its writer has finished");
}

void ReadFile::check_unchanged() const {
  if (before_ && stamp() != *before_)
    throw CorruptFile(path_ + " changed while it was read: read it again when its writer has finished");
}

void ScratchFile::append(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

}  // namespace nearabout::storage::system

#include "storage/system.h"

#include "base/error.h"

namespace nearabout::storage::system {

bool is_temporary_name(std::string_view name) {
  constexpr std::string_view kBegin = ".nearabout-";
  constexpr std::string_view kEnd = ".tmp";
  constexpr std::size_t kNameDigits = 16;
  if (name.size() != kBegin.size() + kNameDigits + kEnd.size() || !name.starts_with(kBegin) || !name.ends_with(kEnd))
    return false;
  return name.substr(kBegin.size(), kNameDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void ReadFile::throw_shorter() const {
  throw TruncatedFileError(path_ + " became shorter while it was read: it was " + std::to_string(size_) +
                           " bytes long when it was opened. Read it again when its writer has finished");
}

void ReadFile::check_unchanged() const {
  if (before_ && stamp() != *before_)
    throw CorruptFileError(path_ + " changed while it was read. Read it again once its writer has finished");
}

void ScratchFile::append(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

}  // namespace nearabout::storage::system

// What is checked when a file is opened, in one place: the header, then the directory, each total. Nothing is followed
// or allocated from a number before that number has been compared with the file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/layout.h"

namespace nearabout::storage {

// The sections in the order in which they lie; the last one is the checksums section. After validation it holds that:
//  - each begins where the one before it ends, rounded up to its alignment, and lies inside the file;
//  - its length is that of its element type and shape;
//  - no two known or required ones share an id, and every required one is known and of a version that we read;
//  - checksums has one u64 for each block of all others, and the directory one for each block of checksums.
// UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError, with `name` in the sentence,
// where it does not.
std::vector<Entry> validate(std::span<const std::byte> image, const std::string& name);

// CorruptFileError: `what` at byte `offset` should be `expected` but is `found`.
[[noreturn]] void throw_corrupt(const std::string& name, const std::string& what, std::uint64_t offset,
                                const std::string& expected, const std::string& found);
std::string hexadecimal(std::uint64_t number);

}  // namespace nearabout::storage

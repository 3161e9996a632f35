// The checks made when a file is opened, all in one place: the header, then the directory. No number is used to follow
// or allocate anything before it has been compared with the file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/layout.h"

namespace nearabout::storage {

// Returns the sections in file order; the last one is the checksums section. After validation:
//   - each section begins where the one before it ends, rounded up to its alignment, and is inside the file;
//   - its length is that of its element type and shape;
//   - no two known or required sections share an id, and every required one is known and of a version that we read;
//   - checksums has one u64 for each block of all other sections, and the directory one for each block of checksums.
// Throws UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError, with `name` in the
// message, if any of this does not hold.
std::vector<Entry> validate(std::span<const std::byte> image, const std::string& name);

// Throws CorruptFileError: `what` at byte `offset` should be `expected` but is `found`.
[[noreturn]] void throw_corrupt(const std::string& name, const std::string& what, std::uint64_t offset,
                                const std::string& expected, const std::string& found);
std::string hexadecimal(std::uint64_t number);

}  // namespace nearabout::storage

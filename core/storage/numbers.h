// Messages for numbers in a section that cannot be what was written, worded the same everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/file.h"

namespace nearabout::storage {

// Throws CorruptFileError: number `place` of the section, counted through the whole table, should be `expected`.
[[noreturn]] void throw_number(const File& file, const Section& section, std::size_t place, const std::string& expected,
                               double found);
[[noreturn]] void throw_count(const File& file, const Section& section, std::size_t place, const std::string& expected,
                              std::uint64_t found);

// Returns the whole section. Throws CorruptFileError if a number is not finite.
std::span<const float> finite_floats(const File& file, const Section& section);

}  // namespace nearabout::storage

// Numbers of a section that cannot be what was written: said in one way for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/file.h"

namespace nearabout::storage {

// CorruptFileError: number `place` of the section, counted through the whole table, should be `expected`.
[[noreturn]] void throw_number(const File& file, const Section& section, std::size_t place, const std::string& expected,
                               double found);
[[noreturn]] void throw_count(const File& file, const Section& section, std::size_t place, const std::string& expected,
                              std::uint64_t found);

// The whole section; CorruptFileError where one is not finite.
std::span<const float> finite_floats(const File& file, const Section& section);

}  // namespace nearabout::storage

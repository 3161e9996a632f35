// XXH64, the 64-bit member of Yann Collet's xxHash family, written from its specification
// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). It detects accidents, not attacks: anyone can
// construct two texts with the same hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout {

std::uint64_t xxh64(const void* data, std::size_t size, std::uint64_t seed = 0);

}  // namespace nearabout

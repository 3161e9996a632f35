// Memory for the image of a file.
#pragma once

#include <cstddef>

#include "base/aligned.h"

namespace nearabout::storage {

// Allocates uninitialised bytes that begin on a page; a large image in large pages, if the system has them. Searches
// read places all over an image, and the processor knows where few pages are at a time: a walk through a graph of 30 MB
// takes two thirds of the time in pages of 2 MB. Throws std::bad_alloc.
AlignedBytes image_memory(std::size_t size);

}  // namespace nearabout::storage

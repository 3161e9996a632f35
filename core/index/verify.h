// A check of verify() that serves the sections of any kind.
#pragma once

#include "base/monitor.h"
#include "storage/file.h"
#include "storage/section.h"

namespace nearabout::index {

// Throws CorruptFileError if a section of floats contains NaN or infinity. Sections of other types cannot.
void verify_finite(const storage::File& file, const storage::Section& section, const Monitor& monitor);

}  // namespace nearabout::index

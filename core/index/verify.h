// What verify() asks of the sections of any kind.
#pragma once

#include "base/monitor.h"
#include "storage/file.h"
#include "storage/section.h"

namespace nearabout {

// CorruptFileError where a section of floats holds NaN or infinity. Sections of other types have no such numbers.
void verify_finite(const storage::File& file, const storage::Section& section, const Monitor& monitor);

}  // namespace nearabout

// The screen of an index of any kind that stores vectors: how it is built from the source and read from the file.
#pragma once

#include <optional>

#include "index/build_options.h"
#include "index/descriptor.h"
#include "index/validated_rows.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

// Adds a screen of all rows if it pays (quantize/screen.h).
void write_screen_of(storage::Writer& writer, const index::ValidatedRows& source, const quantize::ScreenSections& ids,
                     const index::BuildOptions& options, const Monitor& monitor,
                     quantize::ScreenCare care = quantize::ScreenCare::thorough);

// Returns nullopt if the file has no screen. Throws CorruptFileError if its parts do not match.
std::optional<quantize::StoredScreen> screen_of(const storage::File& file, const index::Descriptor& descriptor,
                                                const storage::Section& vectors, const quantize::ScreenSections& ids);

}  // namespace nearabout::exact

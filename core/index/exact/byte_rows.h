// The byte rows of an index of any kind that stores float vectors (quantize/byte_bounds.h): how they are built from the
// source and read from the file.
#pragma once

#include <optional>

#include "index/build_options.h"
#include "index/descriptor.h"
#include "index/validated_rows.h"
#include "quantize/byte_bounds_file.h"

namespace nearabout::exact {

// Returns whether rows of this type under this metric can have byte rows.
bool can_have_byte_rows(metric::Metric metric, Element element);
// Throws InvalidInputError if rows of this type under this metric cannot have byte rows. To be called before anything
// is written.
void require_byte_rows(metric::Metric metric, Element element);

// Adds the byte rows of all rows.
void write_byte_rows_of(storage::Writer& writer, const index::ValidatedRows& source, const index::BuildOptions& options,
                        const Monitor& monitor);

// Returns nullopt if the file has none. Throws CorruptFileError if their parts do not match.
std::optional<quantize::StoredByteBounds> byte_rows_of(const storage::File& file, const index::Descriptor& descriptor);

}  // namespace nearabout::exact

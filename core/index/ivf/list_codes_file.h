// The codes of lists in a file. Files of codes along leading directions, which need nothing but their shape, have no
// section of codes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "index/ivf/list_codes.h"
#include "index/ivf/options.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::ivf {

struct StoredListCodes {
  CodeFamily family = CodeFamily::pca;
  ListCodes codes;
  bool residual = true;
};

void write_list_codes(storage::Writer& writer, const StoredListCodes& stored, std::size_t lists);

// Reads the codes of so many lists. `header`, the section that has the shape, is named in errors. Throws
// CorruptFileError.
StoredListCodes read_list_codes(const storage::File& file, const storage::Section& header,
                                const quantize::CodeShape& shape, std::size_t lists);

// Returns codes of numbers on levels, of a family that is not one of product codes. `steps` has one for each direction
// if the codes need them (has_steps).
ListCodes leveled_codes(CodeFamily family, const quantize::CodeShape& shape, std::vector<float> steps);
bool has_steps(CodeFamily family, std::size_t bits);

}  // namespace nearabout::ivf

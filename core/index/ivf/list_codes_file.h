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

void write_list_codes(storage::Writer& writer, CodeFamily family, const ListCodes& codes, std::size_t lists);

struct StoredListCodes {
  CodeFamily family = CodeFamily::pca;
  ListCodes codes;
};
// Reads the codes of so many lists, with so many directions of so many bits. Throws CorruptFileError.
StoredListCodes read_list_codes(const storage::File& file, std::size_t directions, std::size_t bits, std::size_t lists);

}  // namespace nearabout::ivf

// Hash tables while they are built.
#pragma once

#include <cstddef>

#include "base/monitor.h"
#include "index/lsh/encode.h"
#include "index/lsh/options.h"
#include "storage/writer.h"

namespace nearabout::lsh {

// Writes the header and the tables. Holds the keys of all rows in all tables.
void write_tables(storage::Writer& writer, const RowEncoder& encoder, const HashSettings& settings, std::size_t rows,
                  std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::lsh

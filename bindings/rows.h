// Rows in a file, as Python passes them to the core.
#pragma once

#include "index/input_rows.h"

namespace nearabout {

struct RowsInFile {
  index::InputRows input;
};

}  // namespace nearabout

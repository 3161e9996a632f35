// Rows in a file, as Python passes them on.
#pragma once

#include "index/input_rows.h"

namespace nearabout {

struct RowsInFile {
  InputRows input;
};

}  // namespace nearabout

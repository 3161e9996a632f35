// Rows in a file, as Python passes them on.
#pragma once

#include "index/input.h"

namespace nearabout {

struct RowsInFile {
  Input input;
};

}  // namespace nearabout

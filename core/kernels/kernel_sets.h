// The kernel tables of this build, for dispatch and its tests.
#pragma once

#include "kernels/kernels.h"

namespace nearabout::kernels {

namespace scalar {
extern const Table table;
}
namespace avx2 {
extern const Table table;
}
namespace avx512 {
extern const Table table;
}
namespace avx512_vbmi {
extern const Table table;
}
namespace amx {
// Returns the table with these kernels instead of its own.
Table table_with(Table others);
}  // namespace amx
namespace neon {
extern const Table table;
}
namespace neon_dot {
extern const Table table;
}
namespace neon_i8mm {
extern const Table table;
}

// Returns the table for this value of NEARABOUT_ISA; null or empty means that the variable is not set. table() calls it
// once.
const Table& choose_table(const char* forced);

}  // namespace nearabout::kernels

// The kernel tables of this build, for dispatch and its tests.
#pragma once

#include "kernels/kernels.h"

namespace nearabout::kernels {

// The file of an instruction set gives data only. A function of it, even one that only copies a table, would be
// compiled for that instruction set, and must not run where a processor lacks it.
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
// The kernels that replace those of another table, which they call for few queries.
struct Kernels {
  PanelDots panel_dots;
  ScanCodes scan_bytes;
  MatrixHits hits;
};
extern const Kernels kernels;
extern PanelDots dots_of_few;
extern ScanCodes scan_few;
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

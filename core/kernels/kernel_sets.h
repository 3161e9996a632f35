// The tables of this build, for dispatch and its tests.
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
namespace neon {
extern const Table table;
}
namespace neon_dot {
extern const Table table;
}

// What table() does at its first call, with the value of NEARABOUT_ISA, which null or empty stands for not set.
const Table& choose_table(const char* forced);

}  // namespace nearabout::kernels

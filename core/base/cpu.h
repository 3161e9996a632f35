// CPU features that this processor and its operating system support.
#pragma once

namespace nearabout {

// One flag per kernel table, or part of one, that this project compiles. A flag is set only if the processor has every
// instruction that the files of that name are compiled for, and the operating system saves the registers they use.
struct CpuFeatures {
  bool avx2 = false;            // AVX2, FMA, F16C
  bool avx512 = false;          // avx2 and AVX-512 F, BW, DQ, VL, VNNI
  bool avx512_vbmi = false;     // avx512, VBMI and VPOPCNTDQ
  bool amx = false;             // avx512_vbmi and tiles with products of bytes
  bool neon = false;            // the ARMv8-A baseline
  bool dot_product = false;     // neon and the dot products of ARMv8.2-A
  bool mixed_products = false;  // dot_product and those of unsigned and signed bytes (I8MM)
};

const CpuFeatures& cpu_features();

}  // namespace nearabout

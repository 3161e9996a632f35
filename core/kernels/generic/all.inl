// The whole text, for a file that has defined its vectors. The order matters.
// clang-format off
#include "kernels/generic/rows.inl"
#include "kernels/generic/exact.inl"
#include "kernels/generic/integer.inl"
#include "kernels/generic/bit_hits.inl"
#include "kernels/generic/bits.inl"
#include "kernels/generic/screen.inl"
#include "kernels/generic/wide_rows.inl"
#include "kernels/generic/local_bytes.inl"
#include "kernels/generic/matrix_hits.inl"
#include "kernels/generic/matrix.inl"
#include "kernels/generic/project.inl"
#include "kernels/generic/nearest.inl"
#include "kernels/generic/codes.inl"
#include "kernels/generic/code_bytes.inl"
#include "kernels/generic/long_codes.inl"
// clang-format on

// The whole text, for a file that has defined its vectors. The order matters.
// clang-format off
#include "kernels/text/rows.inl"
#include "kernels/text/exact.inl"
#include "kernels/text/integer.inl"
#include "kernels/text/bits.inl"
#include "kernels/text/screen.inl"
#include "kernels/text/project.inl"
#include "kernels/text/codes.inl"
// clang-format on

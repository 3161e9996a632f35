// The whole text, in order, for a file that has defined its vectors.
#include "kernels/text/rows.inl"
#include "kernels/text/exact.inl"
#include "kernels/text/integer.inl"
#include "kernels/text/bits.inl"
#include "kernels/text/screen.inl"
#include "kernels/text/project.inl"

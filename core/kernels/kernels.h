// Distances and code scans: one table of plain function pointers per instruction set, chosen once.
//
// The numerical contract of the two families:
//
// * Exact kernels return what float64 arithmetic gives. Rows are widened exactly to double, sums are kept in double
//   (integer kernels: in integers wide enough for kMaxDims dimensions), so the error is at most (dims + 4) * 2^-52
//   relative to the sum of the magnitudes, whatever the instruction set; integer and bit kernels are exact.
// * Screen kernels work on one byte a dimension in int32. They are exact: kMaxDims is where int32 would overflow.
//
// Every kernel takes a batch (one query, many rows), because a pointer call per distance costs up to a fifth of a short
// one. No kernel needs alignment; none reads outside the rows it was given.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::kernels {

// 255 * 128 * kMaxDims is still below 2^31.
inline constexpr std::size_t kMaxDims = 65'535;

// Rows of one batch: `rows` lists `count` row numbers of a table that starts at `base`, `stride` bytes from row to row;
// null means rows 0 .. count-1 in order.
struct Rows {
  const void* base;
  std::size_t stride;
  const std::uint32_t* rows;
  std::size_t count;
  bool fetched = false;  // the caller has asked the memory for them some time ago
};

// out[i] = f(query, row i). `dims` counts elements; for bits it counts bytes of a row.
using RealKernel = void (*)(const double* query, Rows rows, std::size_t dims, double* out);
using IntegerKernel = void (*)(const void* query, Rows rows, std::size_t dims, double* out);

// What each operation returns:
//   dot        sum q x
//   squared_l2 sum (q - x)^2
//   l1         sum |q - x|
//   projection sum q x / sqrt(sum x x), and 0 where the row is zero: cosine is 1 - projection / |q|
struct RealKernels {
  RealKernel dot;
  RealKernel squared_l2;
  RealKernel l1;
  RealKernel projection;
};
// The same with a query of the row's own integer type: no conversions.
struct IntegerKernels {
  IntegerKernel dot;
  IntegerKernel squared_l2;
  IntegerKernel l1;
  IntegerKernel projection;
};
// hamming: the number of differing bits. jaccard: 1 - |and| / |or|, and 0 where both are empty (as SciPy has it).
struct BitKernels {
  IntegerKernel hamming;
  IntegerKernel jaccard;
};

// --- Screen kernels: s8 queries against u8 rows. ---
//
// Rows kept as s8 become u8 by `flip` = 0x80, which is xor-ed into every byte read; 0 leaves them alone.

// out[i] = sum_j query[j] * (row_i[j] ^ flip), for rows 0 .. rows.count-1 or those listed.
using ScreenRows = void (*)(const std::int8_t* query, Rows rows, std::size_t dims, std::uint8_t flip,
                            std::int32_t* out);

// Rows of a panel: 16 of them, four dimensions each, fill one 64-byte line, so that one instruction advances 16 sums
// and no sum is ever added across lanes.
inline constexpr std::size_t kPanelRows = 32;
inline constexpr std::size_t kPanelQueries = 8;

constexpr std::size_t padded_dims(std::size_t dims) { return (dims + 3) / 4 * 4; }
constexpr std::size_t panel_bytes(std::size_t dims) { return kPanelRows * padded_dims(dims); }

// Regroups `count` (at most kPanelRows) rows: byte (r, j) goes to ((j / 4) * kPanelRows + r) * 4 + j % 4, flipped; what
// is missing (rows past count, dimensions past dims) is zero. `panel` is 64-byte aligned, of panel_bytes(dims).
using PackPanel = void (*)(const void* rows, std::size_t stride, std::size_t count, std::size_t dims, std::uint8_t flip,
                           std::uint8_t* panel);

// out[q * kPanelRows + r] = sum_j query_q[j] * panel(r, j), for count queries (1 .. kPanelQueries), `stride` bytes
// apart and zero-padded to padded_dims(dims). `out` is 64-byte aligned.
using PanelDot = void (*)(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t count,
                          std::size_t dims, std::int32_t* out);

// Which rows may still be near, by a bound on their distance:
//   bound[i] = offsets[i] + scale * dots[i] - slack * errors[i]     (float32; offsets or errors may be null: zero)
// Every operation rounds for itself, from left to right, so that all instruction sets return the same bits.
// Row i is a hit where bound[i] <= threshold (never for NaN). Hits are written in order, compressed, as (index i,
// bound). Returns how many; hits and bounds have room for `count` rounded up to a multiple of 16.
struct Screen {
  const float* offsets;
  const float* errors;
  float scale;
  float slack;
  float threshold;
};
using ScreenHits = std::size_t (*)(const std::int32_t* dots, std::size_t count, const Screen& screen,
                                   std::uint32_t* hits, float* bounds);

struct ScreenKernels {
  ScreenRows rows;
  PackPanel pack_panel;
  PanelDot panel_dot;
  ScreenHits hits;
};

// --- A small dense product, for projections. ---
//
// out[i * outputs + o] = sum_j vectors[i * dims + j] * matrix[j * outputs + o] in float32; outputs is a multiple of 16.
// The dimensions are summed in blocks of 64 and the blocks after each other, so a sum is off by at most (66 + dims /
// 64) * 2^-24 of the sum of the magnitudes.
using Project = void (*)(const float* vectors, std::size_t count, std::size_t dims, const float* matrix,
                         std::size_t outputs, float* out);

// --- Code kernels: sums over tables that 4-bit codes look up. ---
//
// Rows lie in blocks of 16. A block is `lines` lines of 64 bytes and one more of terms. Byte t * 16 + r of line g (t =
// 0
// .. 3) holds two codes of row r: code 8 g + t in its low half and code 8 g + 4 + t in its high half. The terms are 16
// offsets, then 16 scales, each a u16. A query has a table of 16 signed bytes for each code, one after the other, the
// first at an address divisible by 64; none is larger than kMaxEntry, so that two of them fit a byte, and kMaxLines
// lines of such pairs 16 bits: no sum saturates or overflows anywhere. (Bytes in this order are what fast scans of
// product codes use, too: Andre, Kermarrec and Le Scouarnec, "Cache locality is not enough", VLDB 2015.)
inline constexpr std::size_t kBlockRows = 16;
inline constexpr std::size_t kLineBytes = 64;
inline constexpr std::size_t kLineCodes = 8;
inline constexpr std::size_t kTableBytes = 16;
inline constexpr std::size_t kMaxLines = 64;
inline constexpr int kMaxEntry = 63;
constexpr std::size_t block_bytes(std::size_t lines) { return (lines + 1) * kLineBytes; }

// A query on its way through some rows. For row i of them,
//   estimate = (base + offset_step * offset_i) + (scale * scale_i) * sum_i
// with sum_i = sum over its codes of the entries that they look up (every operation rounds for itself: equal bits on
// every instruction set). Rows with estimate <= threshold are hits, appended in order at `found` as (number, estimate);
// there is room for all rows, rounded up to a multiple of 16, past `found`.
struct CodeScan {
  const std::int8_t* tables;
  float base;
  float offset_step;
  float scale;
  float threshold;
  std::uint32_t first;  // the number of the first row
  std::uint32_t* numbers;
  float* estimates;
  std::size_t found;
};
// `rows` rows of whole blocks (the last may be filled in part), for `queries` queries.
using ScanCodes = void (*)(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                           std::size_t queries);

// The tables of a query, for codes that each stand for `directions` values by one of 16 patterns:
//   tables[16 c + v] = round(factor * sum_j query[c * directions + j] * patterns[16 j + v]),   c < codes
// ties to even; the caller sees to it that no entry is larger than kMaxEntry.
using FillTables = void (*)(const float* query, std::size_t codes, std::size_t directions, const float* patterns,
                            float factor, std::int8_t* tables);

// Keeps the least of `count` estimates and their numbers, in order: at least `wanted` of them, and no more than
// max_kept(wanted), but that all which tie with the last are kept. Returns how many; *threshold is what none of
// them exceeds. No estimate is NaN. Room as for hits. The search for the threshold is the same on every instruction
// set, to the last bit.
constexpr std::size_t max_kept(std::size_t wanted) { return wanted + wanted / 8 + 1; }
using KeepLeast = std::size_t (*)(float* estimates, std::uint32_t* numbers, std::size_t count, std::size_t wanted,
                                  float* threshold);

struct CodeKernels {
  FillTables tables;
  ScanCodes scan;
  KeepLeast keep_least;
};

struct Table {
  const char* name;  // "scalar", "avx2", "avx512", "avx512_vbmi", "neon", "neon_dot"
  RealKernels f32, f16, bf16, u8, i8;
  IntegerKernels integer_u8, integer_i8;
  BitKernels bits;
  ScreenKernels screen;
  Project project;
  CodeKernels codes;
};

// The table in use. Chosen at the first call: the one named by NEARABOUT_ISA (InvalidInputError if this CPU or this
// build lacks it), else the best that the CPU and the operating system support.
const Table& table();

// Every table that can run here, scalar first: for tests, and for `nearabout info`.
struct TableList {
  const Table* const* begin_;
  std::size_t count;
  const Table* const* begin() const { return begin_; }
  const Table* const* end() const { return begin_ + count; }
};
TableList available_tables();

}  // namespace nearabout::kernels

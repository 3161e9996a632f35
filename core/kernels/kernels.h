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
  bool fetched = false;  // the caller has already prefetched the rows
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
// Binary codes of up to kMaxCodeWords words of 64 bits are stored in blocks of kCodeRows rows: word w of row r is
// number w * kCodeRows + r of its block, so that one instruction compares a word of several rows, and no count is ever
// added across lanes.
inline constexpr std::size_t kCodeRows = 8;
inline constexpr std::size_t kMaxCodeWords = 16;
// Finds the rows, of `rows` in whole blocks (the last may be only partly filled), whose codes differ from the query's
// in at most `most` bits. Writes them in order as (number of bits) * 2^32 + number of the row, and returns how many
// they are; there is room for `rows` rounded up to whole blocks.
using BitHits = std::size_t (*)(const std::uint64_t* blocks, std::size_t rows, std::size_t words,
                                const std::uint64_t* query, std::uint32_t most, std::uint64_t* hits);
// hamming: the number of differing bits. jaccard: 1 - |and| / |or|, and 0 where both are empty (as SciPy has it).
struct BitKernels {
  IntegerKernel hamming;
  IntegerKernel jaccard;
  BitHits hits;
};

// --- Screen kernels: s8 queries against u8 rows. ---
//
// Rows stored as s8 become u8 by `flip` = 0x80, which is xor-ed into every byte read; 0 leaves them alone.

// out[i] = sum_j query[j] * (row_i[j] ^ flip), for rows 0 .. rows.count-1 or those listed.
using ScreenRows = void (*)(const std::int8_t* query, Rows rows, std::size_t dims, std::uint8_t flip,
                            std::int32_t* out);

// out[i] = sum_j query[j] * row_i[j], for rows of s8 and a query of s16, of whose dims none is larger than
// largest_wide(dims): no sum then overflows int32.
using WideRows = void (*)(const std::int16_t* query, Rows rows, std::size_t dims, std::int32_t* out);
constexpr int largest_wide(std::size_t dims) {
  const std::size_t most = 0x7fff'ffff / (128 * dims);
  return most < 32'767 ? static_cast<int>(most) : 32'767;
}

// Rows of a panel: 16 of them, four dimensions each, fill one 64-byte line, so that one instruction advances 16 sums
// and no sum is ever added across lanes.
inline constexpr std::size_t kPanelRows = 32;
inline constexpr std::size_t kPanelQueries = 16;

constexpr std::size_t padded_dims(std::size_t dims) { return (dims + 3) / 4 * 4; }
constexpr std::size_t panel_bytes(std::size_t dims) { return kPanelRows * padded_dims(dims); }

// Regroups `count` (at most kPanelRows) rows: byte (r, j) goes to ((j / 4) * kPanelRows + r) * 4 + j % 4, flipped.
// Missing rows (past count) and dimensions (past dims) are filled with zeros. `panel` is 64-byte aligned and has
// panel_bytes(dims) bytes.
using PackPanel = void (*)(const void* rows, std::size_t stride, std::size_t count, std::size_t dims, std::uint8_t flip,
                           std::uint8_t* panel);

// out[q * out_stride + p * kPanelRows + r] = sum_j query_q[j] * panel_p(r, j), for panels one after the other and count
// queries (1 .. kPanelQueries), `stride` bytes apart and zero-padded to padded_dims(dims).
using PanelDots = void (*)(const std::uint8_t* panels, std::size_t panel_count, const std::int8_t* queries,
                           std::size_t stride, std::size_t count, std::size_t dims, std::int32_t* out,
                           std::size_t out_stride);

// The same for narrow bytes, for which AVX2 needs half the time: those of queries are between -kNarrowQuery and
// kNarrowQuery, those of rows at most kNarrowRow.
inline constexpr int kNarrowQuery = 63;
inline constexpr int kNarrowRow = 128;

// Selects the rows that may still be near, by a bound on their distance:
//   bound[i] = offsets[i] + scale * dots[i] - slack * errors[i]     (float32; offsets or errors may be null: zero)
// Operations are rounded separately, from left to right, so that all instruction sets return the same bits.
// Row i is a hit where bound[i] <= threshold (never for NaN). Hits are written in order, compressed, as (index i,
// bound). Returns the number of hits; hits and bounds have room for `count` rounded up to a multiple of 16.
struct Screen {
  const float* offsets;
  const float* errors;
  float scale;
  float slack;
  float threshold;
};
using ScreenHits = std::size_t (*)(const std::int32_t* dots, std::size_t count, const Screen& screen,
                                   std::uint32_t* hits, float* bounds);

// --- Matrix kernels: the same for many queries and a few panels at once. ---
//
// All are products of a matrix of s8 queries with a matrix of u8 rows, which processors with a matrix unit compute
// sixteen times as fast. Queries and rows are padded with zeros to a multiple of kMatrixDims bytes, and the number of
// queries to a multiple of kMatrixQueries.
inline constexpr std::size_t kMatrixDims = 64;
inline constexpr std::size_t kMatrixQueries = 16;
constexpr std::size_t matrix_dims(std::size_t dims) { return (dims + kMatrixDims - 1) / kMatrixDims * kMatrixDims; }
constexpr std::size_t matrix_queries(std::size_t queries) {
  return (queries + kMatrixQueries - 1) / kMatrixQueries * kMatrixQueries;
}

// Panels of `count` rows, a multiple of kPanelRows, one after another, each of panel_bytes(matrix_dims(dims)).
// `offsets` and `errors` are as in Screen, for each row; the offsets of rows that are never to be hits are NaN.
struct MatrixRows {
  const std::uint8_t* panels;
  std::size_t count;
  std::size_t dims;  // before padding
  const float* offsets;
  const float* errors;
};
// As in Screen. A query with the threshold NaN has no hits.
struct MatrixScreen {
  float scale;
  float slack;
  float threshold;
};
struct MatrixQueries {
  const std::int8_t* bytes;
  std::size_t stride;  // bytes from query to query, a multiple of kMatrixDims
  std::size_t count;   // a multiple of kMatrixQueries
  const MatrixScreen* screens;
};
struct MatrixHit {
  std::uint32_t query, row;
  float bound;
};
// Returns the number of hits, for which there is room for all pairs: those of a query are in the order of rows. The
// sums of products are exact. Bounds are rounded at most as often as those of ScreenHits; products and sums may be
// fused, so a pair at its threshold may be a hit on one instruction set and not on another.
using MatrixHits = std::size_t (*)(const MatrixRows& rows, const MatrixQueries& queries, MatrixHit* hits);

struct MatrixKernels {
  MatrixHits hits;
};

// bytes[j] = round(factor * (values[j] - centre[j])), ties to even, where differences of more than kMaxLocalByte /
// factor are reduced to that, rounded down. Returns the sums of the bytes' squares and of the bytes.
inline constexpr float kMaxLocalByte = 127;
struct LocalTerms {
  std::int32_t square, sum;
};
using LocalBytes = LocalTerms (*)(const std::int16_t* values, const std::int32_t* centre, std::size_t dims,
                                  float factor, std::int8_t* bytes);

struct ScreenKernels {
  ScreenRows rows;
  WideRows wide_rows;
  PackPanel pack_panel;
  PanelDots panel_dots;
  ScreenHits hits;
  PanelDots narrow_panel_dots;
  LocalBytes local_bytes;
};

// --- A small dense product, for projections. ---
//
// out[i * outputs + o] = sum_j vectors[i * dims + j] * matrix[j * outputs + o] in float32; outputs is a multiple of 16.
// The dimensions are summed in blocks of 64 and the block sums one after another, so a sum is off by at most (66 + dims
// / 64) * 2^-24 of the sum of the magnitudes.
using Project = void (*)(const float* vectors, std::size_t count, std::size_t dims, const float* matrix,
                         std::size_t outputs, float* out);

// --- The nearest of some points, for codebooks and centroids. ---
//
// The points are the columns of a matrix: matrix[j * count + c] is coordinate j of point c. With half the square of its
// norm, negated, as its offset, the point nearest to a vector is the one of the greatest sum.
struct ColumnSet {
  const float* matrix;
  const float* offsets;
  std::size_t dims;
  std::size_t count;  // a multiple of 16, below 2^24; a column that is not to be found has an offset of -infinity
};
inline constexpr float kLargestFloat = 0x1.fffffep127f;

// nearest[i] is the column of the greatest sum_j vectors[i * stride + j] * matrix[j * count + c] + offsets[c], and
// sums[i] that sum, in float32, one dimension after another from the offset on: off by at most (dims + 1) * 2^-24 of
// the sum of the magnitudes. The first column wins a tie, and column 0 if no sum is a number.
using NearestColumns = void (*)(const float* vectors, std::size_t stride, std::size_t count, const ColumnSet& columns,
                                std::uint32_t* nearest, float* sums);
// --- Block kernels: float32 distances to sixteen rows or boxes at once. ---
//
// A block of rows is `dims` times 16 floats: number r of each 16 is row r's. A block of boxes is `dims` times 32: 16
// lows, then 16 highs. Writes the distances and returns a mask: bit r is set if out[r] <= limit (never for NaN).
//   squared    out[r] = sum_j (row_r[j] - query[j])^2
//   absolute   out[r] = sum_j |row_r[j] - query[j]|
// A box is as far as its nearest point. Numbers are off by at most (dims + 3) * 2^-24 of themselves (and where squares
// underflow, by dims * 2^-126), and a box's is never larger than that of a row inside it.
using BlockDistances = unsigned (*)(const float* query, const float* block, std::size_t dims, float limit, float* out);

// Returns a mask of the smallest of 16 numbers: no bit if one is NaN, or some.
using LeastOfBlock = unsigned (*)(const float* values);

struct BlockKernels {
  BlockDistances squared;
  BlockDistances absolute;
  BlockDistances squared_boxes;
  BlockDistances absolute_boxes;
  LeastOfBlock least;
};

// --- Code kernels: sums over tables that 4-bit codes look up. ---
//
// Rows are stored in blocks of 16. A block is `lines` lines of 64 bytes followed by one line of terms. In line g, byte
// t * 16 + r, for t from 0 to 3, holds two codes of row r: code 8 g + t in its low half and code 8 g + 4 + t in its
// high half. The terms are 16 offsets, then 16 scales, each a u16. A query has a table of 16 signed bytes for each
// code, one after another, the first at an address divisible by 64; no entry is larger than kMaxEntry, so two entries
// fit in a byte, and kMaxLines lines of such pairs fit in 16 bits: no sum saturates or overflows anywhere. (Fast scans
// of product codes use this byte order, too: Andre, Kermarrec and Le Scouarnec, "Cache locality is not enough", VLDB
// 2015.)
inline constexpr std::size_t kBlockRows = 16;
inline constexpr std::size_t kLineBytes = 64;
inline constexpr std::size_t kLineCodes = 8;
inline constexpr std::size_t kTableBytes = 16;
inline constexpr std::size_t kMaxLines = 64;
inline constexpr int kMaxEntry = 63;
constexpr std::size_t block_bytes(std::size_t lines) { return (lines + 1) * kLineBytes; }

// The state of one query during a scan. The estimate for row i is
//   estimate = (base + offset_step * offset_i) + (scale * scale_i) * sum_i
// where sum_i is the sum of the table entries that the row's codes look up (operations are rounded separately, so every
// instruction set returns the same bits). Rows with estimate <= threshold that are allowed are hits, appended in order
// at `found` as (number, estimate); there is room past `found` for all rows, rounded up to a multiple of 16.
struct CodeScan {
  const std::int8_t* tables;
  float base;
  float offset_step;
  float scale;
  float threshold;
  std::uint32_t first;  // number of the first row
  std::uint32_t* numbers;
  float* estimates;
  std::size_t found;
  // One number per block, whose bit r says whether row r is allowed; null: all rows are.
  const std::uint16_t* allowed = nullptr;
  // The estimates of rows that would be hits, but are not allowed, are appended here at `left_out_found`, with as much
  // room; null: they are not needed.
  float* left_out = nullptr;
  std::size_t left_out_found = 0;
  std::int32_t correction = 0;  // for blocks of bytes: 128 times the sum of the query's bytes
};
// Scans `rows` rows stored in whole blocks (the last may be only partly filled), for `queries` queries.
using ScanCodes = void (*)(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                           std::size_t queries);

// Blocks of bytes are blocks whose lines hold four directions of each row: byte r * 4 + j of line g is 128 more than
// direction 4 g + j of row r. A query then has one signed byte for each direction in the place of tables, of at most
// kMaxQueryByte so that two products fit in 16 bits, and sum_i is the sum of the products with the row's bytes, less
// `correction`. These kernels have the type of ScanCodes.
inline constexpr int kMaxQueryByte = 63;

// Blocks of long codes are blocks whose line g holds the bytes of 16 rows for each of four codes: byte t * 16 + r is
// code 4 g + t of row r. A query then has a table of 256 signed numbers of 16 bits for each code, one after another, in
// the place of its tables, and sum_i is the sum of those that the row's codes look up, which fits in 32 bits.
inline constexpr std::size_t kLongTableEntries = 256;
inline constexpr int kMaxLongEntry = 32'767;

// Fills the tables of a query, for codes that each encode `directions` values by one of 16 patterns:
//   tables[16 c + v] = round(factor * sum_j query[c * directions + j] * patterns[16 j + v]),   c < codes
// Ties round to even; the caller ensures that no entry is larger than kMaxEntry.
using FillTables = void (*)(const float* query, std::size_t codes, std::size_t directions, const float* patterns,
                            float factor, std::int8_t* tables);

// Keeps the smallest of `count` estimates and their numbers, in order: at least `wanted` of them and at most
// max_kept(wanted), except that all estimates tied with the last one are kept, and more than that where some are so
// much larger than others that halving does not find a threshold. Returns how many were kept; none of them exceeds
// *threshold. No estimate may be NaN. Buffers need the same room as for hits. The search for the threshold is
// the same on every instruction set, to the last bit.
constexpr std::size_t max_kept(std::size_t wanted) { return wanted + wanted / 8 + 1; }
using KeepLeast = std::size_t (*)(float* estimates, std::uint32_t* numbers, std::size_t count, std::size_t wanted,
                                  float* threshold);

struct CodeKernels {
  FillTables tables;
  ScanCodes scan;
  ScanCodes scan_bytes;
  ScanCodes scan_long;
  KeepLeast keep_least;
  std::size_t shared = 1;  // queries for which scan_bytes takes about as long as for one
};

struct Table {
  const char* name;  // "scalar", "avx2", "avx512", "avx512_vbmi", "amx", "neon", "neon_dot", "neon_i8mm"
  RealKernels f32, f16, bf16, u8, i8;
  IntegerKernels integer_u8, integer_i8;
  BitKernels bits;
  ScreenKernels screen;
  Project project;
  CodeKernels codes;
  MatrixKernels matrix;
  NearestColumns nearest;
  BlockKernels blocks;
};

// Returns the table in use. It is chosen at the first call: the one named by NEARABOUT_ISA (InvalidInputError if this
// CPU or this build lacks it), otherwise the best that the CPU and the operating system support.
const Table& table();

// All tables that can run here, scalar first: for tests, and for `nearabout info`.
struct TableList {
  const Table* const* begin_;
  std::size_t count;
  const Table* const* begin() const { return begin_; }
  const Table* const* end() const { return begin_ + count; }
};
TableList available_tables();

}  // namespace nearabout::kernels

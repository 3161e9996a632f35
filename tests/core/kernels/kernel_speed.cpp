// Measures nanoseconds per distance of every table, side by side: to look at, not to pass or fail. Built with
// NEARABOUT_BENCH.
//
// Batches of 256 listed rows that stay in the first two levels of cache; panels of 32 rows by 16 queries; the best of
// several repetitions, because other programs only ever add time.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "base/aligned.h"
#include "kernels/kernels.h"
#include "quantize/byte_bounds.h"

using namespace nearabout;
using kernels::Table;

namespace {

constexpr std::size_t kRows = 256;

double nanoseconds(std::size_t distances, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int repetition = 0; repetition < 15; ++repetition) {
    const Clock::time_point start = Clock::now();
    std::size_t rounds = 0;
    double elapsed = 0;
    while (elapsed < 1e6) {
      for (int i = 0; i < 4; ++i) work();
      rounds += 4;
      elapsed = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    }
    const double each = elapsed / static_cast<double>(rounds * distances);
    best = each < best ? each : best;
  }
  return best;
}

struct Bench {
  std::size_t dims;
  AlignedBytes rows = aligned_bytes(kRows * 4096 * 4);
  AlignedBytes panel = aligned_bytes(kernels::panel_bytes(4096));
  AlignedBytes query = aligned_bytes(16 * 4096);
  std::vector<double> real, out;
  std::vector<std::int32_t> dots;

  explicit Bench(std::size_t dims_given) : dims(dims_given), real(dims, 0.5), out(kRows), dots(kRows) {
    for (std::size_t i = 0; i < kRows * 4096 * 4; ++i) rows[i] = static_cast<std::byte>(i * 2654435761u >> 13 & 0x3f);
    std::memset(query.get(), 3, 16 * 4096);
    std::memset(panel.get(), 5, kernels::panel_bytes(4096));
  }
  kernels::Rows all(std::size_t bytes) const { return {rows.get(), dims * bytes, nullptr, kRows}; }
  double time(kernels::RealKernel kernel, std::size_t bytes) {
    return nanoseconds(kRows, [&] { kernel(real.data(), all(bytes), dims, out.data()); });
  }
  double time(kernels::IntegerKernel kernel, std::size_t row_bytes) {
    const kernels::Rows batch = {rows.get(), row_bytes, nullptr, kRows};
    return nanoseconds(kRows, [&] { kernel(query.get(), batch, row_bytes, out.data()); });
  }
  const std::int8_t* bytes() const { return reinterpret_cast<const std::int8_t*>(query.get()); }
  std::uint8_t* lines() const { return reinterpret_cast<std::uint8_t*>(panel.get()); }
};

void print(const char* kernel, std::size_t dims, const std::function<double(Bench&, const Table&)>& time) {
  Bench bench(dims);
  std::printf("%-22s %5zu", kernel, dims);
  for (const Table* table : kernels::available_tables()) std::printf(" %9.3f", time(bench, *table));
  std::printf("\n");
}

double hits_time(Bench& bench, const Table& table) {
  constexpr std::size_t kCount = 1024;
  static std::vector<std::int32_t> dots(kCount);
  static std::vector<float> offsets(kCount, 1.0f), bounds(kCount);
  static std::vector<std::uint32_t> hits(kCount);
  for (std::size_t i = 0; i < kCount; ++i) dots[i] = static_cast<std::int32_t>(i * 2654435761u % 1000);
  const float threshold = static_cast<float>(bench.dims) * 10.0f;  // `dims` is the percentage of hits here
  const kernels::Screen screen = {offsets.data(), offsets.data(), 1.0f, 1.0f, threshold - 1.0f};
  return nanoseconds(kCount, [&] { table.screen.hits(dots.data(), kCount, screen, hits.data(), bounds.data()); });
}

// Measures a list of 1,024 rows, for queries that share it; `dims` is the number of bytes of a row's codes.
double codes_time(Bench& bench, kernels::ScanCodes scan_codes, std::size_t queries) {
  constexpr std::size_t kCount = 1024;
  const std::size_t lines = bench.dims / 4;
  static const AlignedBytes blocks = aligned_bytes(kCount / kernels::kBlockRows * kernels::block_bytes(64));
  static std::vector<float> estimates(kCount);
  static std::vector<std::uint32_t> numbers(kCount);
  std::vector<kernels::CodeScan> scans(queries,
                                       {bench.bytes(), 1, 1, 1, -1e30f, 0, numbers.data(), estimates.data(), 0});
  std::vector<kernels::CodeScan*> each;
  for (kernels::CodeScan& scan : scans) each.push_back(&scan);
  const auto* const from = reinterpret_cast<const std::uint8_t*>(blocks.get());
  return nanoseconds(kCount * queries, [&] { scan_codes(from, kCount, lines, each.data(), each.size()); });
}

// Measures rows of `dims` bytes that are read from anywhere in a table larger than any cache, as rows compared in full
// are.
double far_rows_time(Bench& bench, const Table& table) {
  constexpr std::size_t kTableRows = std::size_t{1} << 17;
  constexpr std::size_t kListed = 32;
  static const AlignedBytes far_rows = aligned_bytes(kTableRows * 3'136);
  static std::uint32_t next = 1;
  std::memset(far_rows.get(), 0, kTableRows * 3'136);  // so that its pages exist
  return nanoseconds(kListed, [&] {
    std::uint32_t rows[kListed];
    for (std::uint32_t& row : rows) {
      next = next * 1'664'525u + 1'013'904'223u;
      row = next >> 15;
    }
    for (const std::uint32_t row : rows)
      for (std::size_t at = 0; at < bench.dims; at += 64) {
#if defined(__GNUC__)
        __builtin_prefetch(far_rows.get() + row * bench.dims + at);
#endif
      }
    table.f32.squared_l2(bench.real.data(), {far_rows.get(), bench.dims, rows, kListed, true}, bench.dims / 4,
                         bench.out.data());
  });
}

// Measures the same for byte rows of `dims` bytes, which searches look at before they compare rows in full. The table
// has the same size for rows of any length.
double far_byte_rows_time(Bench& bench, const Table& table) {
  constexpr std::size_t kTableBytes = std::size_t{3} << 27;
  constexpr std::size_t kListed = 32;
  static const AlignedBytes far_rows = aligned_bytes(kTableBytes);
  static std::uint64_t next = 1;
  std::memset(far_rows.get(), 1, kTableBytes);
  const std::vector<std::int16_t> weights(bench.dims, 3);
  const std::size_t count = kTableBytes / bench.dims;
  return nanoseconds(kListed, [&] {
    std::uint32_t rows[kListed];
    for (std::uint32_t& row : rows) {
      next = next * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      row = static_cast<std::uint32_t>((next >> 32) % count);
    }
    for (const std::uint32_t row : rows)
      for (std::size_t at = 0; at < bench.dims; at += 64) {
#if defined(__GNUC__)
        __builtin_prefetch(far_rows.get() + row * bench.dims + at);
#endif
      }
    table.screen.wide_rows(weights.data(), {far_rows.get(), bench.dims, rows, kListed, true}, bench.dims,
                           bench.dots.data());
  });
}

// Measures the binding of a query of `dims` dimensions to byte rows, which the compiler's own instructions do.
double byte_query_time(Bench& bench, const Table&) {
  const quantize::ByteBounds bounds(transform::CodeSpace::l2, std::vector<float>(bench.dims, 0.1f),
                                    std::vector<float>(bench.dims, 0.01f), 0.1, 1'000);
  const std::vector<float> query(bench.dims, 0.5f);
  std::vector<float> scratch;
  quantize::ByteBoundQuery bound;
  return nanoseconds(1, [&] { bound.bind(bounds, query.data(), scratch); });
}

// Measures products and bounds of 512 queries with 128 rows, none of which is a hit.
double matrix_time(Bench& bench, const Table& table) {
  constexpr std::size_t kQueries = 512;
  constexpr std::size_t kCount = 128;
  static const AlignedBytes panels = aligned_bytes(kCount * 1024);
  static const AlignedBytes queries = aligned_bytes(kQueries * 1024);
  std::memset(panels.get(), 5, kCount * 1024);
  std::memset(queries.get(), 3, kQueries * 1024);
  static std::vector<float> terms(kCount, 1.0f);
  static std::vector<kernels::MatrixHit> hits(kQueries * kCount);
  static std::vector<kernels::MatrixScreen> screens(kQueries, {-1e-9f, 1.0f, -1e30f});
  const kernels::MatrixRows rows{reinterpret_cast<const std::uint8_t*>(panels.get()), kCount, bench.dims, terms.data(),
                                 terms.data()};
  const kernels::MatrixQueries asked{reinterpret_cast<const std::int8_t*>(queries.get()),
                                     kernels::matrix_dims(bench.dims), kQueries, screens.data()};
  return nanoseconds(kQueries * kCount, [&] { table.matrix.hits(rows, asked, hits.data()); });
}

}  // namespace

int main() {
  std::printf("%-22s %5s", "ns per distance", "dims");
  for (const Table* table : kernels::available_tables()) std::printf(" %9s", table->name);
  std::printf("\n");
  for (const std::size_t dims : {std::size_t{100}, std::size_t{128}, std::size_t{784}}) {
    print("f32 squared_l2", dims, [](Bench& b, const Table& t) { return b.time(t.f32.squared_l2, 4); });
    print("f32 projection", dims, [](Bench& b, const Table& t) { return b.time(t.f32.projection, 4); });
    print("f16 dot", dims, [](Bench& b, const Table& t) { return b.time(t.f16.dot, 2); });
    print("u8 dot", dims, [](Bench& b, const Table& t) { return b.time(t.u8.dot, 1); });
    print("integer_u8 dot", dims, [](Bench& b, const Table& t) { return b.time(t.integer_u8.dot, b.dims); });
    print("integer_u8 squared_l2", dims,
          [](Bench& b, const Table& t) { return b.time(t.integer_u8.squared_l2, b.dims); });
    print("integer_i8 projection", dims,
          [](Bench& b, const Table& t) { return b.time(t.integer_i8.projection, b.dims); });
    print("integer_u8 l1", dims, [](Bench& b, const Table& t) { return b.time(t.integer_u8.l1, b.dims); });
    print("bits hamming", dims, [](Bench& b, const Table& t) { return b.time(t.bits.hamming, (b.dims + 7) / 8); });
    print("screen.rows", dims, [](Bench& b, const Table& t) {
      return nanoseconds(kRows, [&] { t.screen.rows(b.bytes(), b.all(1), b.dims, 0, b.dots.data()); });
    });
    print("screen.pack_panel", dims, [](Bench& b, const Table& t) {
      return nanoseconds(32, [&] { t.screen.pack_panel(b.rows.get(), b.dims, 32, b.dims, 0, b.lines()); });
    });
    print("screen.panel_dots", dims, [](Bench& b, const Table& t) {
      alignas(64) static std::int32_t out[512];
      return nanoseconds(512, [&] { t.screen.panel_dots(b.lines(), 1, b.bytes(), 4096, 16, b.dims, out, 32); });
    });
  }
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{16}, std::size_t{48}}) {
    print("codes, 1 query", bytes, [](Bench& b, const Table& t) { return codes_time(b, t.codes.scan, 1); });
    print("codes, 4 queries", bytes, [](Bench& b, const Table& t) { return codes_time(b, t.codes.scan, 4); });
  }
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{128}, std::size_t{192}}) {
    print("bytes, 1 query", bytes, [](Bench& b, const Table& t) { return codes_time(b, t.codes.scan_bytes, 1); });
    print("bytes, 4 queries", bytes, [](Bench& b, const Table& t) { return codes_time(b, t.codes.scan_bytes, 4); });
    print("bytes, 16 queries", bytes, [](Bench& b, const Table& t) { return codes_time(b, t.codes.scan_bytes, 16); });
  }
  for (const std::size_t bytes : {std::size_t{384}, std::size_t{1'536}, std::size_t{3'136}})
    print("far f32 rows, bytes", bytes, far_rows_time);
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{128}, std::size_t{384}, std::size_t{784}})
    print("far byte rows, bytes", bytes, far_byte_rows_time);
  for (const std::size_t dims : {std::size_t{100}, std::size_t{384}, std::size_t{784}})
    print("query for byte rows", dims, byte_query_time);
  for (const std::size_t dims : {std::size_t{64}, std::size_t{128}, std::size_t{192}, std::size_t{784}})
    print("matrix.hits", dims, matrix_time);
  print("screen.hits, % hits", 1, hits_time);
  print("screen.hits, % hits", 30, hits_time);
  return 0;
}

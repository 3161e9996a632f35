// The code kernels of every table: the same estimates to the last bit on every instruction set.
#include <limits>

#include "kernels/emulated_tiles.h"
#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using namespace nearabout::kernels;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows as plain codes, and the blocks that the kernels read, in memory of exactly their size.
struct Coded {
  std::size_t rows, lines;
  std::vector<std::uint8_t> codes;  // rows x (8 lines), one code per byte
  std::vector<std::uint16_t> offsets, scales;
  std::vector<std::uint8_t> blocks;
};

Coded random_codes(std::mt19937& random, std::size_t rows, std::size_t lines) {
  Coded coded{rows, lines, {}, {}, {}, {}};
  const std::size_t count = (rows + kBlockRows - 1) / kBlockRows;
  coded.blocks.resize(count * block_bytes(lines));
  for (std::uint8_t& byte : coded.blocks) byte = static_cast<std::uint8_t>(random());
  coded.codes.resize(rows * lines * kLineCodes);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint8_t* const block = coded.blocks.data() + i / kBlockRows * block_bytes(lines);
    const std::size_t r = i % kBlockRows;
    for (std::size_t c = 0; c < lines * kLineCodes; ++c) {
      const std::uint8_t both = block[c / 8 * kLineBytes + c % 4 * 16 + r];
      coded.codes[i * lines * kLineCodes + c] = c % 8 < 4 ? both & 15 : both >> 4;
    }
    std::uint16_t terms[2];
    std::memcpy(terms, block + lines * kLineBytes + r * 2, 2);
    std::memcpy(terms + 1, block + lines * kLineBytes + 32 + r * 2, 2);
    coded.offsets.push_back(terms[0]);
    coded.scales.push_back(terms[1]);
  }
  return coded;
}

struct AlignedTables {
  std::vector<std::int8_t> memory;
  std::int8_t* at;
  explicit AlignedTables(std::size_t lines) : AlignedTables(lines, lines * kLineCodes * kTableBytes) {}
  AlignedTables(std::size_t, std::size_t bytes) : memory(bytes + 63) {
    at = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
  }
};

std::int32_t sum_of_tables(const Coded& coded, std::size_t row, const CodeScan& scan) {
  std::int32_t sum = 0;
  for (std::size_t c = 0; c < coded.lines * kLineCodes; ++c)
    sum += scan.tables[c * kTableBytes + coded.codes[row * coded.lines * kLineCodes + c]];
  return sum;
}

// Reads the blocks as blocks of bytes.
std::int32_t sum_of_bytes(const Coded& coded, std::size_t row, const CodeScan& scan) {
  const std::uint8_t* const block = coded.blocks.data() + row / kBlockRows * block_bytes(coded.lines);
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < coded.lines * 4; ++j)
    sum += scan.tables[j] * (block[j / 4 * kLineBytes + row % kBlockRows * 4 + j % 4] - 128);
  return sum;
}

// Reads the blocks as blocks of long codes.
std::int32_t sum_of_long(const Coded& coded, std::size_t row, const CodeScan& scan) {
  const std::uint8_t* const block = coded.blocks.data() + row / kBlockRows * block_bytes(coded.lines);
  std::int32_t sum = 0;
  for (std::size_t c = 0; c < coded.lines * 4; ++c) {
    const std::uint8_t code = block[c / 4 * kLineBytes + c % 4 * kBlockRows + row % kBlockRows];
    std::int16_t entry = 0;
    std::memcpy(&entry, scan.tables + (c * kLongTableEntries + code) * sizeof entry, sizeof entry);
    sum += entry;
  }
  return sum;
}

// A kernel, and how it sums.
struct Scanner {
  const char* name;
  const char* kernel;
  ScanCodes scan;
  std::int32_t (*sum)(const Coded&, std::size_t, const CodeScan&);
  bool bytes = false;
  bool is_long = false;
};
Scanner table_scanner(const Table& table) { return {table.name, "codes.scan", table.codes.scan, sum_of_tables}; }
Scanner byte_scanner(const Table& table) {
  return {table.name, "codes.scan_bytes", table.codes.scan_bytes, sum_of_bytes, true};
}
Scanner long_scanner(const Table& table) {
  return {table.name, "codes.scan_long", table.codes.scan_long, sum_of_long, false, true};
}

float estimate_of(const Coded& coded, std::size_t row, const CodeScan& scan, const Scanner& scanner) {
  const std::int32_t sum = scanner.sum(coded, row, scan);
  // Volatile, because compilers for processors with fused multiplication would otherwise fuse the two operations.
  volatile float offset = scan.offset_step * static_cast<float>(coded.offsets[row]);
  volatile float scale = scan.scale * static_cast<float>(coded.scales[row]);
  volatile float product = scale * static_cast<float>(sum);
  return (scan.base + offset) + product;
}

void check_scan(const Scanner& scanner, const Coded& coded, const std::vector<AlignedTables>& tables, float threshold,
                const std::vector<std::uint16_t>& allowed = {}) {
  constexpr std::uint32_t kFirst = 1000;
  const std::size_t room = (coded.rows + 15) / 16 * 16 + 1;
  std::vector<std::vector<std::uint32_t>> numbers(tables.size(), std::vector<std::uint32_t>(room, 7));
  std::vector<std::vector<float>> estimates(tables.size(), std::vector<float>(room, 7.0f));
  std::vector<std::vector<float>> left_out(tables.size(), std::vector<float>(room, 7.0f));
  std::vector<CodeScan> scans;
  for (std::size_t q = 0; q < tables.size(); ++q)
    scans.push_back({tables[q].at, 3.5f * static_cast<float>(q), 0.01f, -0.00003f, threshold, kFirst, numbers[q].data(),
                     estimates[q].data(), 1, allowed.empty() ? nullptr : allowed.data(), left_out[q].data(), 1});
  std::vector<CodeScan*> each;
  for (CodeScan& scan : scans) {
    for (std::size_t j = 0; scanner.bytes && j < coded.lines * 4; ++j) scan.correction += 128 * scan.tables[j];
    each.push_back(&scan);
  }
  scanner.scan(coded.blocks.data(), coded.rows, coded.lines, each.data(), each.size());
  for (std::size_t q = 0; q < tables.size(); ++q) {
    CHECK(numbers[q][0] == 7 && estimates[q][0] == 7.0f);
    std::size_t found = 1;
    std::size_t others = 1;
    for (std::size_t i = 0; i < coded.rows; ++i) {
      const float estimate = estimate_of(coded, i, scans[q], scanner);
      if (!(estimate <= threshold)) continue;
      if (!allowed.empty() && (allowed[i / kBlockRows] >> i % kBlockRows & 1) == 0) {
        CHECK(others < scans[q].left_out_found && left_out[q][others] == estimate);
        ++others;
        continue;
      }
      const bool same = found < scans[q].found && numbers[q][found] == kFirst + i && estimates[q][found] == estimate;
      expect(same, scanner.name, scanner.kernel, coded.lines, i, estimate, estimates[q][std::min(found, room - 1)]);
      ++found;
    }
    CHECK_EQUAL(scans[q].found, found);
    CHECK_EQUAL(scans[q].left_out_found, others);
  }
}

static_assert(kMaxQueryByte <= kMaxEntry);  // tables stand in for the bytes of a query

AlignedTables random_tables(std::mt19937& random, std::size_t lines, bool extreme) {
  AlignedTables tables(lines);
  for (std::size_t i = 0; i < lines * kLineCodes * kTableBytes; ++i)
    tables.at[i] = static_cast<std::int8_t>(extreme ? kMaxEntry : static_cast<int>(random() % 127) - kMaxEntry);
  return tables;
}

// Entries of all 16 bits.
AlignedTables random_long_tables(std::mt19937& random, std::size_t lines) {
  AlignedTables tables(lines, lines * 4 * kLongTableEntries * sizeof(std::int16_t));
  for (std::size_t i = 0; i < lines * 4 * kLongTableEntries * sizeof(std::int16_t); ++i)
    tables.at[i] = static_cast<std::int8_t>(random());
  return tables;
}

void test_scanner(const Scanner& scanner, std::mt19937& random) {
  for (const std::size_t lines : {1u, 2u, 3u, 4u, 7u, 12u, 16u, 32u, 48u, 64u}) {
    for (std::size_t rows = 0; rows <= 150; rows += lines > 12 ? 29 : 1) {
      const Coded coded = random_codes(random, rows, lines);
      std::vector<AlignedTables> tables;
      for (std::size_t q = 0; q < 1 + rows % (scanner.bytes ? 19 : 5); ++q)
        tables.push_back(scanner.is_long ? random_long_tables(random, lines) : random_tables(random, lines, false));
      check_scan(scanner, coded, tables, kInfinity);
      check_scan(scanner, coded, tables, static_cast<float>(random() % 700));
      std::vector<std::uint16_t> allowed((rows + kBlockRows - 1) / kBlockRows + 1);
      for (std::uint16_t& bits : allowed) bits = static_cast<std::uint16_t>(random() & random());
      check_scan(scanner, coded, tables, kInfinity, allowed);
      check_scan(scanner, coded, tables, static_cast<float>(random() % 700), allowed);
    }
  }
}

void test_scan(const Table& table, std::mt19937& random) { test_scanner(table_scanner(table), random); }

void test_scan_bytes(const Table& table, std::mt19937& random) { test_scanner(byte_scanner(table), random); }

void test_scan_long(const Table& table, std::mt19937& random) { test_scanner(long_scanner(table), random); }

// The largest sums that 16-bit accumulators must hold.
void test_extremes(const Table& table, std::mt19937& random) {
  for (const int sign : {1, -1}) {
    AlignedTables tables = random_tables(random, kMaxLines, true);
    for (std::size_t i = 0; i < kMaxLines * kLineCodes * kTableBytes; ++i)
      tables.at[i] = static_cast<std::int8_t>(sign * tables.at[i]);
    for (const Scanner& scanner : {table_scanner(table), byte_scanner(table)}) {
      Coded coded = random_codes(random, 77, kMaxLines);
      check_scan(scanner, coded, {tables}, kInfinity);
      if (!scanner.bytes) continue;
      for (std::size_t line = 0; line < kMaxLines; ++line)
        std::fill_n(coded.blocks.data() + line * kLineBytes, kLineBytes, std::uint8_t{255});
      check_scan(scanner, coded, {tables}, kInfinity);
    }
  }
}

void test_tables(const Table& table, std::mt19937& random) {
  const Table& reference = **available_tables().begin();
  for (const std::size_t directions : {1u, 2u, 4u}) {
    for (const std::size_t codes : {8u, 24u, 96u}) {
      std::vector<float> query(codes * directions), patterns(directions * kTableBytes);
      for (float& value : query) value = static_cast<float>(static_cast<double>(random()) * 0x1p-31 - 1);
      for (float& value : patterns) value = static_cast<float>(static_cast<double>(random()) * 0x1p-31 - 1);
      const float factor = static_cast<float>(kMaxEntry) / static_cast<float>(directions);
      std::vector<std::int8_t> got(codes * kTableBytes), expected(codes * kTableBytes);
      table.codes.tables(query.data(), codes, directions, patterns.data(), factor, got.data());
      reference.codes.tables(query.data(), codes, directions, patterns.data(), factor, expected.data());
      for (std::size_t i = 0; i < got.size(); ++i) {
        double exact = 0;
        for (std::size_t j = 0; j < directions; ++j)
          exact += double{query[i / 16 * directions + j]} * double{patterns[16 * j + i % 16]};
        CHECK(std::abs(double{factor} * exact - got[i]) <= 0.501);
        expect(got[i] == expected[i], table.name, "codes.tables", directions, i, expected[i], got[i]);
      }
    }
  }
}

void test_keep_least(const Table& table, std::mt19937& random) {
  const Table& reference = **available_tables().begin();
  for (std::size_t count = 0; count < 400; count += 1 + count / 7) {
    for (const std::size_t wanted : {std::size_t{1}, std::size_t{10}, std::size_t{60}, count / 2}) {
      const std::size_t room = (count + 15) / 16 * 16;
      std::vector<float> estimates(room);
      std::vector<std::uint32_t> numbers(room);
      const bool ties = random() % 3 == 0;
      for (std::size_t i = 0; i < count; ++i) {
        estimates[i] = static_cast<float>(static_cast<int>(random() % (ties ? 5 : 100'000)) - 3);
        numbers[i] = static_cast<std::uint32_t>(i);
      }
      const std::vector<float> before(estimates.begin(), estimates.begin() + static_cast<std::ptrdiff_t>(count));
      std::vector<float> same = estimates;
      std::vector<std::uint32_t> same_numbers = numbers;
      float threshold = 0, same_threshold = 0;
      const std::size_t kept = table.codes.keep_least(estimates.data(), numbers.data(), count, wanted, &threshold);
      const std::size_t same_kept =
          reference.codes.keep_least(same.data(), same_numbers.data(), count, wanted, &same_threshold);
      CHECK(kept == same_kept && threshold == same_threshold);
      CHECK(kept >= std::min(count, wanted) && (ties || kept <= std::max(wanted + wanted / 8 + 1, std::size_t{2})));
      std::size_t expected = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (before[i] > threshold) continue;
        CHECK(expected < kept && estimates[expected] == before[i] && numbers[expected] == i);
        ++expected;
      }
      CHECK_EQUAL(expected, kept);
    }
  }
}

TEST(scan) { each_table(20, test_scan); }

TEST(scan_bytes) { each_table(20, test_scan_bytes); }

TEST(scan_long) { each_table(21, test_scan_long); }

TEST(scan_bytes_of_emulated_tiles) {
  std::mt19937 random(20);
  test_scanner({"emulated tiles", "codes.scan_bytes", emulated_tiles().scan_bytes, sum_of_bytes, true}, random);
}

TEST(extremes) { each_table(20, test_extremes); }

TEST(tables) { each_table(20, test_tables); }

TEST(keep_least) { each_table(20, test_keep_least); }

}  // namespace

// The exact kernels of every table: float64 queries against rows of every element type, byte vectors and bits.
#include <limits>

#include "kernels/reference.h"

using namespace nearabout;
using namespace nearabout::test;
using nearabout::kernels::Table;

namespace {

double half_value(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  double value = std::ldexp(fraction, -24);
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent > 0) {
    value = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

template <class Value>
Value read(const std::uint8_t* from) {
  Value value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

double f32_value(const std::uint8_t* from) { return static_cast<double>(read<float>(from)); }
double f16_value(const std::uint8_t* from) { return half_value(read<std::uint16_t>(from)); }
double bf16_value(const std::uint8_t* from) {
  const std::uint32_t bits = static_cast<std::uint32_t>(read<std::uint16_t>(from)) << 16;
  return static_cast<double>(read<float>(reinterpret_cast<const std::uint8_t*>(&bits)));
}
double u8_value(const std::uint8_t* from) { return *from; }
double i8_value(const std::uint8_t* from) { return static_cast<std::int8_t>(*from); }

struct Type {
  const char* name;
  std::size_t bytes;
  double (*value)(const std::uint8_t*);
  kernels::RealKernels Table::* real;
  kernels::IntegerKernels Table::* integer;  // null if the type has none
};
const Type kTypes[] = {
    {"f32", 4, f32_value, &Table::f32, nullptr},         {"f16", 2, f16_value, &Table::f16, nullptr},
    {"bf16", 2, bf16_value, &Table::bf16, nullptr},      {"u8", 1, u8_value, &Table::u8, &Table::integer_u8},
    {"i8", 1, i8_value, &Table::i8, &Table::integer_i8},
};

// The four results with the magnitude that each error is relative to.
struct Expected {
  double dot = 0, squared_l2 = 0, l1 = 0, projection = 0, magnitude = 0, length = 0;
};

Expected expected_of(const std::vector<double>& query, const std::uint8_t* row, const Type& type) {
  long double dot = 0, squared_l2 = 0, l1 = 0, magnitude = 0, square = 0;
  for (std::size_t j = 0; j < query.size(); ++j) {
    const long double q = query[j];
    const long double x = type.value(row + j * type.bytes);
    dot += q * x;
    magnitude += std::fabs(q * x);
    squared_l2 += (q - x) * (q - x);
    l1 += std::fabs(q - x);
    square += x * x;
  }
  Expected expected;
  expected.dot = static_cast<double>(dot);
  expected.squared_l2 = static_cast<double>(squared_l2);
  expected.l1 = static_cast<double>(l1);
  expected.length = static_cast<double>(std::sqrt(square));
  expected.projection = square == 0 ? 0.0 : static_cast<double>(dot / std::sqrt(square));
  expected.magnitude = static_cast<double>(magnitude);
  return expected;
}

void expect_near(double expected, double got, double magnitude, const Table& table, const Type& type,
                 const char* kernel, std::size_t dims, std::size_t row) {
  char name[64];
  std::snprintf(name, sizeof(name), "%s %s", type.name, kernel);
  // Differences are rounded before they are squared: twice an eps each, in addition to the sums' own error.
  const double tolerance = (static_cast<double>(dims) + 4) * std::ldexp(magnitude, -52);
  const bool same = std::isnan(expected) ? std::isnan(got) : expected == got || std::fabs(expected - got) <= tolerance;
  expect(same, table.name, name, dims, row, expected, got);
}

void check_real(const Table& table, const Type& type, const std::vector<double>& query, const RowBlock& block,
                const kernels::Rows& rows) {
  const kernels::RealKernels& real = table.*type.real;
  const std::size_t dims = query.size();
  std::vector<double> dot(rows.count), squared_l2(rows.count), l1(rows.count), projection(rows.count);
  real.dot(query.data(), rows, dims, dot.data());
  real.squared_l2(query.data(), rows, dims, squared_l2.data());
  real.l1(query.data(), rows, dims, l1.data());
  real.projection(query.data(), rows, dims, projection.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const Expected expected = expected_of(query, block.row(rows.rows == nullptr ? i : rows.rows[i]), type);
    const double projected = expected.length == 0 ? 0 : expected.magnitude / expected.length;
    expect_near(expected.dot, dot[i], expected.magnitude, table, type, "dot", dims, i);
    expect_near(expected.squared_l2, squared_l2[i], expected.squared_l2, table, type, "squared_l2", dims, i);
    expect_near(expected.l1, l1[i], expected.l1, table, type, "l1", dims, i);
    expect_near(expected.projection, projection[i], projected, table, type, "projection", dims, i);
  }
}

// The integer kernels are exact, and their projection is one division and one root away from that.
void check_integer(const Table& table, const Type& type, const std::vector<std::uint8_t>& bytes, const RowBlock& block,
                   const kernels::Rows& rows) {
  const kernels::IntegerKernels& integer = table.*type.integer;
  const std::size_t dims = bytes.size();
  std::vector<double> query(dims);
  for (std::size_t j = 0; j < dims; ++j) query[j] = type.value(&bytes[j]);
  std::vector<double> dot(rows.count), squared_l2(rows.count), l1(rows.count), projection(rows.count);
  integer.dot(bytes.data(), rows, dims, dot.data());
  integer.squared_l2(bytes.data(), rows, dims, squared_l2.data());
  integer.l1(bytes.data(), rows, dims, l1.data());
  integer.projection(bytes.data(), rows, dims, projection.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const Expected expected = expected_of(query, block.row(rows.rows == nullptr ? i : rows.rows[i]), type);
    expect(dot[i] == expected.dot, table.name, "integer dot", dims, i, expected.dot, dot[i]);
    expect(squared_l2[i] == expected.squared_l2, table.name, "integer squared_l2", dims, i, expected.squared_l2,
           squared_l2[i]);
    expect(l1[i] == expected.l1, table.name, "integer l1", dims, i, expected.l1, l1[i]);
    const double tolerance = std::ldexp(std::fabs(expected.projection), -50);
    expect(std::fabs(projection[i] - expected.projection) <= tolerance, table.name, "integer projection", dims, i,
           expected.projection, projection[i]);
  }
}

void check_bits(const Table& table, const std::vector<std::uint8_t>& query, const RowBlock& block,
                const kernels::Rows& rows) {
  std::vector<double> hamming(rows.count), jaccard(rows.count);
  table.bits.hamming(query.data(), rows, query.size(), hamming.data());
  table.bits.jaccard(query.data(), rows, query.size(), jaccard.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::uint8_t* row = block.row(rows.rows == nullptr ? i : rows.rows[i]);
    int differing = 0, common = 0, any = 0;
    for (std::size_t bit = 0; bit < query.size() * 8; ++bit) {
      const bool a = (query[bit / 8] >> (bit % 8) & 1) != 0;
      const bool b = (row[bit / 8] >> (bit % 8) & 1) != 0;
      differing += a != b ? 1 : 0;
      common += a && b ? 1 : 0;
      any += a || b ? 1 : 0;
    }
    const double distance = any == 0 ? 0.0 : 1.0 - static_cast<double>(common) / any;
    expect(hamming[i] == differing, table.name, "hamming", query.size(), i, differing, hamming[i]);
    expect(jaccard[i] == distance, table.name, "jaccard", query.size(), i, distance, jaccard[i]);
  }
}

// Random bits make numbers of every magnitude, including subnormals; NaN and infinity (which sums would spread) lose a
// bit of the exponent.
void tame(RowBlock& block, std::size_t element_bytes, std::size_t row_bytes) {
  for (std::size_t row = 0; row < block.count && element_bytes > 1; ++row) {
    for (std::size_t at = element_bytes - 1; at < row_bytes; at += element_bytes) {
      block.bytes[row * block.stride + at] &= 0xbf;
    }
  }
}

void check_all(const Table& table, std::mt19937& random, std::size_t dims, std::size_t count, std::size_t gap) {
  for (const Type& type : kTypes) {
    RowBlock block = random_rows(random, count, dims * type.bytes, gap);
    tame(block, type.bytes, dims * type.bytes);
    std::normal_distribution<double> normal(0.0, 10.0);
    std::vector<double> query(dims);
    for (double& value : query) value = normal(random);
    std::vector<std::uint32_t> list(count == 0 ? 0 : random() % 70);
    for (std::uint32_t& row : list) row = static_cast<std::uint32_t>(random() % count);
    check_real(table, type, query, block, block.all());
    if (dims <= 300) check_real(table, type, query, block, block.listed(list));
    if (type.integer == nullptr) continue;
    std::vector<std::uint8_t> bytes(dims);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    check_integer(table, type, bytes, block, block.all());
    if (dims <= 300) check_integer(table, type, bytes, block, block.listed(list));
    if (type.real == &Table::i8) check_bits(table, bytes, block, block.listed(list));
  }
}

void test_shapes(const Table& table, std::mt19937& random) {
  for (const std::size_t dims : sizes()) check_all(table, random, dims, 1 + random() % 6, random() % 3 * 3);
  for (std::size_t count = 0; count <= 70; ++count) check_all(table, random, 19, count, 1);
}

// Sums that exceed 2^31 and approach 2^32, signs at their extremes, and rows and queries of zeros.
void test_extremes(const Table& table) {
  for (const std::size_t dims : {std::size_t{5}, std::size_t{100}, kernels::kMaxDims}) {
    for (const int a : {0, 1, 127, 128, 255}) {
      for (const int b : {0, 1, 127, 128, 255}) {
        const std::vector<std::uint8_t> query(dims, static_cast<std::uint8_t>(a));
        const RowBlock block{std::vector<std::uint8_t>(dims, static_cast<std::uint8_t>(b)), dims, 1};
        check_integer(table, kTypes[3], query, block, block.all());
        check_integer(table, kTypes[4], query, block, block.all());
        check_bits(table, query, block, block.all());
        const std::vector<double> real(dims, static_cast<double>(a) - 100.0);
        check_real(table, kTypes[3], real, block, block.all());
        check_real(table, kTypes[4], real, block, block.all());
      }
    }
  }
}

// Every half and every bfloat16, including infinities and NaN, one per row; and float32 at its extremes.
void test_every_half(const Table& table) {
  for (const std::size_t type : {std::size_t{1}, std::size_t{2}}) {
    RowBlock block{std::vector<std::uint8_t>(65'536 * 2), 2, 65'536};
    for (std::size_t i = 0; i < 65'536; ++i) {
      const std::uint16_t half = static_cast<std::uint16_t>(i);
      std::memcpy(&block.bytes[i * 2], &half, 2);
    }
    check_real(table, kTypes[type], {1.0}, block, block.all());
  }
  const float ends[] = {0x1p-149f,
                        -0x1p-149f,
                        0x1.fffffep+127f,
                        -0x1.fffffep+127f,
                        0.0f,
                        -0.0f,
                        std::numeric_limits<float>::infinity(),
                        std::numeric_limits<float>::quiet_NaN()};
  RowBlock block{std::vector<std::uint8_t>(sizeof(ends)), 4, 8};
  std::memcpy(block.bytes.data(), ends, sizeof(ends));
  check_real(table, kTypes[0], {3.0}, block, block.all());
}

TEST(shapes) { each_table(2, test_shapes); }

TEST(extremes) {
  for (const Table* table : tables_to_test()) test_extremes(*table);
}

TEST(every_half) {
  for (const Table* table : tables_to_test()) test_every_half(*table);
}

}  // namespace

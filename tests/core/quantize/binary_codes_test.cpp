// Codes are the sides of planes, decode to the vectors as nearly as their bits allow, and come back from a file; the
// rotation of iterative quantization is one, and brings vectors nearer to the corners of a cube.
#include "quantize/binary_codes.h"

#include <cmath>

#include "base/error.h"
#include "check.h"
#include "quantize/binary_codes_file.h"
#include "quantize/itq.h"
#include "quantize/sampled_bits.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

transform::Sample sample_of(const Table& table) { return {table.values, table.rows, table.dims}; }

bool bit_of(const std::vector<std::uint64_t>& codes, std::size_t words, std::size_t row, std::size_t bit) {
  return (codes[row * words + bit / 64] >> bit % 64 & 1) != 0;
}

double squared_distance(const float* a, const float* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += std::pow(double{a[j]} - double{b[j]}, 2);
  return sum;
}

// Sums in double, one number after another; a number that rounding may take to the other side says nothing.
void bits_are_sides(const LearntBinaryCodes& learnt, const Table& table) {
  const BinaryCodes codes = learnt.codes();
  std::vector<std::uint64_t> words(table.rows * codes.words());
  codes.encode(table.values.data(), table.rows, words.data());
  for (std::size_t i = 0; i < table.rows; ++i) {
    for (std::size_t b = 0; b < learnt.bits; ++b) {
      double sum = 0, magnitude = 0;
      for (std::size_t j = 0; j < table.dims; ++j) {
        const double centred = double{table.row(i)[j]} - double{learnt.centre[j]};
        const double term = centred * double{learnt.directions[j * codes.outputs() + b]};
        sum += term;
        magnitude += std::abs(term);
      }
      if (std::abs(sum) > 1e-4 * magnitude) CHECK_EQUAL(bit_of(words, codes.words(), i, b), sum > 0);
    }
    for (std::size_t b = learnt.bits; b < 64 * codes.words(); ++b) CHECK(!bit_of(words, codes.words(), i, b));
  }
}

// Returns the squared error of decoded vectors over that of the centre.
double error_of(const LearntBinaryCodes& learnt, const Table& table) {
  const BinaryCodes codes = learnt.codes();
  std::vector<std::uint64_t> words(table.rows * codes.words());
  std::vector<float> decoded(table.values.size());
  codes.encode(table.values.data(), table.rows, words.data());
  codes.decode(words.data(), table.rows, decoded.data());
  double error = 0, whole = 0;
  for (std::size_t i = 0; i < table.rows; ++i) {
    error += squared_distance(table.row(i), decoded.data() + i * table.dims, table.dims);
    whole += squared_distance(table.row(i), learnt.centre.data(), table.dims);
  }
  return error / whole;
}

TEST(bits_are_sides_of_planes) {
  Generator random(1);
  for (const Planes planes : {Planes::hyperplanes, Planes::itq})
    for (const auto& [dims, bits] :
         {std::pair{40u, 24u}, std::pair{7u, 65u}, std::pair{130u, 64u}, std::pair{1u, 3u}}) {
      const Table table = correlated(random, 300, dims);
      bits_are_sides(learn_binary_codes(planes, sample_of(table), bits, 5, 1), table);
    }
}

TEST(awkward_samples_have_codes) {
  Generator random(2);
  for (const Planes planes : {Planes::hyperplanes, Planes::itq})
    for (const Table& table : {normal(random, 1, 8), scaled(normal(random, 50, 8), 0), badly_scaled(random, 60, 20),
                               low_rank(random, 200, 40, 3, 0), sparse(random, 100, 60, 1, 1)}) {
      const LearntBinaryCodes learnt = learn_binary_codes(planes, sample_of(table), 32, 0, 1);
      bits_are_sides(learnt, table);
      for (const float value : learnt.directions) CHECK(std::isfinite(value));
      for (const float value : learnt.levels) CHECK(std::isfinite(value));
    }
}

TEST(vectors_are_decoded_better_with_more_bits) {
  Generator random(3);
  const Table table = correlated(random, 1'000, 48);
  for (const Planes planes : {Planes::hyperplanes, Planes::itq}) {
    double before = 1;
    for (const std::size_t bits : {8u, 24u, 48u, 192u}) {
      const double error = error_of(learn_binary_codes(planes, sample_of(table), bits, 0, 2), table);
      CHECK(error < before);
      before = error;
    }
  }
  CHECK(error_of(learn_binary_codes(Planes::itq, sample_of(table), 24, 0, 1), table) <
        error_of(learn_binary_codes(Planes::hyperplanes, sample_of(table), 24, 0, 1), table));
}

// The sum of the magnitudes of ZR is the larger the nearer ZR is to the corners.
double nearness(const Table& table, const std::vector<float>& rotation, std::size_t bits) {
  double sum = 0;
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t b = 0; b < bits; ++b) {
      double along = 0;
      for (std::size_t j = 0; j < table.dims; ++j) along += double{table.row(i)[j]} * double{rotation[j * bits + b]};
      sum += std::abs(along);
    }
  return sum;
}

TEST(rotations_have_orthonormal_rows_and_near_corners) {
  Generator random(4);
  for (const auto& [dims, bits] : {std::pair{12u, 12u}, std::pair{12u, 40u}, std::pair{1u, 1u}, std::pair{33u, 33u}}) {
    Table table = clustered(random, 500, dims, 6);
    for (std::size_t i = 0; i < table.rows; ++i) table.row(i)[dims - 1] *= dims == 33 ? 0.0f : 1.0f;
    const std::vector<float> rotation = learn_rotation(table.values, table.rows, dims, bits, 0, 1);
    for (std::size_t a = 0; a < dims; ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        double product = 0;
        for (std::size_t j = 0; j < bits; ++j)
          product += double{rotation[a * bits + j]} * double{rotation[b * bits + j]};
        CHECK(std::abs(product - (a == b ? 1 : 0)) < 1e-5);
      }
    std::vector<float> corners(dims * bits, 0.0f);
    for (std::size_t j = 0; j < dims; ++j) corners[j * bits + j] = 1;
    CHECK(nearness(table, rotation, bits) >= 0.999 * nearness(table, corners, bits));
  }
}

TEST(threads_and_files_change_nothing) {
  Generator random(5);
  const Table table = correlated(random, 400, 50);
  for (const Planes planes : {Planes::hyperplanes, Planes::itq}) {
    const LearntBinaryCodes one = learn_binary_codes(planes, sample_of(table), 72, 9, 1);
    const LearntBinaryCodes more = learn_binary_codes(planes, sample_of(table), 72, 9, 3);
    CHECK(one.centre == more.centre && one.directions == more.directions && one.levels == more.levels);
    CHECK(one.directions != learn_binary_codes(planes, sample_of(table), 72, 10, 1).directions);
    storage::Writer writer = storage::Writer::to_memory();
    write_binary_codes(writer, one);
    const std::shared_ptr<const storage::File> file = writer.finish();
    const StoredBinaryCodes stored = read_binary_codes(*file, table.dims);
    CHECK(stored.planes == planes && stored.seed == 9 && stored.codes.bits() == 72);
    std::vector<std::uint64_t> written(table.rows * 2), read(table.rows * 2);
    one.codes().encode(table.values.data(), table.rows, written.data());
    stored.codes.encode(table.values.data(), table.rows, read.data());
    CHECK(written == read);
    CHECK_THROWS(read_binary_codes(*file, table.dims + 1), CorruptFileError);
  }
}

TEST(sampled_bits_are_those_of_the_rows) {
  Generator random(6);
  for (const auto& [dims, bits] :
       {std::pair{70u, 16u}, std::pair{70u, 70u}, std::pair{9u, 64u}, std::pair{200u, 130u}}) {
    const std::size_t stride = (dims + 7) / 8;
    std::vector<std::byte> rows(20 * stride);
    for (std::byte& byte : rows) byte = static_cast<std::byte>(random());
    const std::vector<std::uint32_t> positions = sample_positions(dims, bits, 3);
    std::vector<std::size_t> times(dims, 0);
    for (const std::uint32_t position : positions) ++times[position];
    for (const std::size_t count : times) CHECK(count == bits / dims || count == (bits + dims - 1) / dims);
    const std::size_t words = words_of(bits);
    std::vector<std::uint64_t> codes(20 * words);
    encode_bits(positions, {rows.data(), 20, dims, stride, Element::bits}, codes.data());
    for (std::size_t i = 0; i < 20; ++i)
      for (std::size_t b = 0; b < bits; ++b) {
        const auto byte = static_cast<unsigned>(rows[i * stride + positions[b] / 8]);
        CHECK_EQUAL(bit_of(codes, words, i, b), (byte >> positions[b] % 8 & 1) != 0);
      }
  }
}

}  // namespace

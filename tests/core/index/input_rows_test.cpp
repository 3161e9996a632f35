// Rows in a file behave like rows in memory, whatever their type, their stride and the faults in them.
#include "index/input_rows.h"

#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/convert.h"
#include "base/error.h"
#include "base/random.h"
#include "check.h"
#include "index/validated_rows.h"

using namespace nearabout;
using namespace nearabout::index;
using metric::Metric;
using storage::system::ReadFile;
using storage::system::ScratchFile;

namespace {

constexpr std::size_t kBefore = 13;  // header bytes, so that rows begin at odd addresses

// Returns rows with `gap` bytes between them, after a header.
std::vector<std::byte> image_of(Element element, std::size_t rows, std::size_t dims, std::size_t gap) {
  Random random(7 + static_cast<std::uint64_t>(element) + gap);
  const std::size_t bytes = row_bytes(element, dims);
  std::vector<std::byte> projection(kBefore + rows * (bytes + gap));
  for (std::size_t row = 0; row < rows; ++row) {
    std::byte* to = projection.data() + kBefore + row * (bytes + gap);
    std::vector<float> values(dims);
    for (float& value : values) value = static_cast<float>(random.next() % 100);
    if (element == Element::bits) {
      for (std::size_t j = 0; j < bytes; ++j) to[j] = static_cast<std::byte>(random.next());
    } else if (element == Element::f64) {
      for (std::size_t j = 0; j < dims; ++j) {
        const double wide = double{values[j]} + 0.25;
        std::memcpy(to + j * sizeof wide, &wide, sizeof wide);
      }
    } else {
      std::vector<std::byte> narrow(bytes);
      CHECK_EQUAL(from_f32(values.data(), dims, element, narrow.data()), dims);
      std::memcpy(to, narrow.data(), bytes);
    }
  }
  return projection;
}

std::shared_ptr<ScratchFile> file_of(const std::vector<std::byte>& projection) {
  auto file = std::make_shared<ScratchFile>("");
  file->append(projection);
  return file;
}

std::vector<std::byte> all_of(const ValidatedRows& source, std::size_t step) {
  const std::size_t bytes = row_bytes(source.element(), source.dims());
  std::vector<std::byte> rows(source.rows() * bytes);
  for (std::size_t begin = 0; begin < source.rows(); begin += step)
    source.read(begin, std::min(begin + step, source.rows()), rows.data() + begin * bytes);
  return rows;
}

TEST(same_rows_from_a_file) {
  for (const Element element :
       {Element::f32, Element::f64, Element::f16, Element::bf16, Element::u8, Element::i8, Element::bits})
    for (const std::size_t gap : {0u, 4u, 1001u})
      for (const std::size_t rows : {0u, 1u, 2500u}) {
        constexpr std::size_t kDims = 37;
        const std::vector<std::byte> projection = image_of(element, rows, kDims, gap);
        const std::size_t stride = row_bytes(element, kDims) + gap;
        const MatrixView memory{projection.data() + kBefore, rows, kDims, stride, element};
        const InputRows file(file_of(projection), {element, rows, kDims, kBefore, stride});
        const Element stored = element == Element::f64 ? Element::f32 : element;
        const Metric metric = element == Element::bits ? Metric::hamming : Metric::dot;
        const ValidatedRows expected(memory, stored, metric, InvalidRows::refuse, 1, {});
        for (const std::size_t threads : {1u, 3u}) {
          const ValidatedRows source(file, stored, metric, InvalidRows::refuse, threads, {});
          CHECK(source.rows() == rows && source.dims() == kDims);
          for (const std::size_t step : {1u, 100u, 5000u})
            if (step > 1 || gap == 0) CHECK_EQUAL(all_of(source, step), all_of(expected, 5000));
        }
      }
}

// Invalid rows at both ends, alone and adjacent, with more rows than a block holds.
TEST(bad_rows_are_left_out) {
  constexpr std::size_t kRows = 30'000;
  constexpr std::size_t kDims = 16;
  std::vector<float> values(kRows * kDims, 1.0f);
  std::vector<std::uint32_t> bad{0, 1, 7, 9, 20'000, 20'001, 20'002, kRows - 1};
  for (std::size_t row = 0; row < kRows; ++row) values[row * kDims] = static_cast<float>(row);
  for (const std::uint32_t row : bad) values[row * kDims + 3] = std::numeric_limits<float>::quiet_NaN();
  const std::span<const std::byte> bytes = std::as_bytes(std::span(values));
  const auto file = file_of({bytes.begin(), bytes.end()});
  const InputRows input(file, {Element::f32, kRows, kDims, 0, kDims * sizeof(float)});
  CHECK(input.block_rows() < kRows && input.block_rows() > 1000);
  for (const std::size_t threads : {1u, 2u}) {
    const ValidatedRows source(input, Element::f32, Metric::euclidean, InvalidRows::skip, threads, {});
    CHECK(source.skipped() == bad && source.rows() == kRows - bad.size());
    std::vector<float> kept(source.rows() * kDims);
    source.read_f32(0, source.rows(), kept.data());
    std::size_t place = 0;
    for (std::uint32_t row = 0; row < kRows; ++row) {
      if (std::find(bad.begin(), bad.end(), row) != bad.end()) continue;
      CHECK_EQUAL(kept[place * kDims], static_cast<float>(row));
      std::vector<float> alone(kDims);
      if (row % 1777 < 12) {
        source.read_f32(place, place + 1, alone.data());
        CHECK_EQUAL(alone[0], static_cast<float>(row));
      }
      ++place;
    }
    try {
      const ValidatedRows refused(input, Element::f32, Metric::euclidean, InvalidRows::refuse, threads, {});
      CHECK(false);
    } catch (const InvalidInputError& error) {
      CHECK(std::string(error.what()).find("row 0 has NaN or infinity, the first of 8 such rows") != std::string::npos);
    }
  }
}

TEST(layouts_that_no_file_has) {
  const auto file = file_of(std::vector<std::byte>(1000));
  const auto refuse = [&](const RowLayout& layout) { return InputRows(file, layout); };
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  CHECK_EQUAL(refuse({Element::f32, 10, 25, 0, 100}).rows(), 10);
  CHECK_EQUAL(refuse({Element::f32, 10, 20, 20, 100}).rows(), 10);  // the gap after the last row may be missing
  CHECK_THROWS(refuse({Element::f32, 11, 25, 0, 100}), TruncatedFileError);
  CHECK_THROWS(refuse({Element::f32, 10, 25, 1, 100}), TruncatedFileError);
  CHECK_THROWS(refuse({Element::f32, 0, 25, 1001, 100}), TruncatedFileError);
  CHECK_THROWS(refuse({Element::f32, 2, 25, kHuge - 50, 100}), CorruptFileError);
  CHECK_THROWS(refuse({Element::f32, kHuge, 25, 0, 100}), CorruptFileError);
  CHECK_THROWS(refuse({Element::f32, 2, 25, 0, kHuge}), CorruptFileError);
  CHECK_THROWS(refuse({Element::f32, 2, 25, 0, 99}), CorruptFileError);
  CHECK_THROWS(refuse({Element::f32, 2, 0, 0, 100}), CorruptFileError);
  CHECK_THROWS(refuse({Element::u8, 1, std::size_t{1} << 62, 0, kHuge}), CorruptFileError);
}

// A file that is truncated or written to after it was checked causes an error when its rows are read, not wrong rows.
TEST(a_file_that_changes) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "nearabout_test_input";
  fs::remove_all(folder);
  fs::create_directory(folder);
  const std::string path = (folder / "rows.near").string();
  {
    const std::vector<float> values(1000 * 8, 2.0f);
    storage::system::TemporaryFile file(path);
    file.write(std::as_bytes(std::span(values)));
    file.publish();
  }
  const InputRows input(std::make_shared<const ReadFile>(path), {Element::f32, 1000, 8, 0, 32});
  const ValidatedRows source(input, Element::f32, Metric::dot, InvalidRows::refuse, 2, {});
  source.check_unchanged();
  fs::resize_file(path, 32 * 600);
  std::vector<float> row(8);
  source.read_f32(599, 600, row.data());
  CHECK_EQUAL(row, std::vector<float>(8, 2.0f));
  CHECK_THROWS(source.read_f32(600, 601, row.data()), TruncatedFileError);
  CHECK_THROWS(ValidatedRows(input, Element::f32, Metric::dot, InvalidRows::skip, 2, {}), TruncatedFileError);
  CHECK_THROWS(source.check_unchanged(), CorruptFileError);
  fs::remove_all(folder);
}

}  // namespace

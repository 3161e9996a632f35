// Data written is read back the same: in memory, on disk, in pieces, across block boundaries.
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

Bytes read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(memory_and_disk_are_the_same_bytes) {
  const Folder folder("nearabout_test_writer");
  const std::string path = (folder.path / "small.near").string();
  Writer writer = Writer::to_path(path);
  write_small(writer);
  const auto file = writer.finish();
  CHECK_EQUAL(file->path(), path);
  const auto memory = load(small_image());
  CHECK_EQUAL(image_of(*file), image_of(*memory));
  CHECK_EQUAL(read_file(path), image_of(*memory));
  CHECK_EQUAL(contents(file), contents(memory));
  CHECK(memory->path().empty());
  file->verify();

  const std::string copy = (folder.path / "copy.near").string();
  memory->save(copy);
  CHECK_EQUAL(read_file(copy), read_file(path));
  CHECK_EQUAL(contents(File::open(copy)), contents(memory));
}

TEST(values_and_shapes) {
  const auto file = load(small_image());
  const Section& terms = file->section(SectionId::row_terms);
  CHECK(terms.shape() == (Shape{2, 3}) && terms.element() == Element::f32);
  CHECK(terms.items<float>(1, 2)[0] == -2.0f && terms.all<float>().size() == 6);
  CHECK_THROWS(terms.items<std::uint32_t>(0, 1), CorruptFileError);
  CHECK_THROWS(terms.items<float>(5, 2), CorruptFileError);
  CHECK_THROWS(terms.items<float>(~0ull, 2), CorruptFileError);
  const MatrixView rows = terms.rows(1, 2);
  CHECK(rows.rows == 1 && rows.dims == 3 && rows.stride == 12);
  CHECK_THROWS(terms.rows(1, 3), CorruptFileError);
  CHECK_THROWS(terms.rows(2, 1), CorruptFileError);
  CHECK_EQUAL(terms.rows(2, 2).rows, 0);
  CHECK_THROWS(terms.expect(Element::f64, {2, 3}), CorruptFileError);
  CHECK_THROWS(terms.expect(Element::f32, {3, 2}), CorruptFileError);
  CHECK_EQUAL(file->section(SectionId::metadata).text(), R"({"made by": "a test"})");
  CHECK_EQUAL(file->section(SectionId::bounds).length(), 6);  // nine bits take two bytes
  CHECK(!file->has(SectionId::vectors));
  CHECK_THROWS(file->section(SectionId::vectors), CorruptFileError);
}

// Pieces of every awkward size give the same image as one piece.
TEST(pieces) {
  const std::uint64_t size = 35 * kBlockBytes + 17;  // more than two of the writer's buffers
  const Bytes payload = pattern(size);
  Writer whole = Writer::to_memory(size);
  whole.add(SectionId::vectors, Element::u8, {size, 1}, payload);
  const Bytes expected = image_of(*whole.finish());
  for (const std::size_t step :
       {std::size_t{1'000}, std::size_t{4'097}, std::size_t{65'535}, std::size_t{65'536}, std::size_t{65'537}}) {
    Writer writer = Writer::to_memory();
    writer.begin(SectionId::vectors, Element::u8, {size, 1});
    for (std::size_t begin = 0; begin < size; begin += step)
      writer.append(std::span(payload).subspan(begin, std::min(step, size - begin)));
    writer.end();
    CHECK_EQUAL(image_of(*writer.finish()), expected);
  }
  const auto file = load(expected);
  const Section& section = file->section(SectionId::vectors);
  CHECK_EQUAL(section.offset(), kPageAlignment);
  CHECK_EQUAL(std::memcmp(section.checked(65'000, 140'000), payload.data() + 65'000, 75'000), 0);
  CHECK_EQUAL(section.checked(size, size), section.checked(0, 1) + size);
  CHECK_THROWS(section.checked(size, size + 1), CorruptFileError);
  CHECK_THROWS(section.checked(2, 1), CorruptFileError);
}

TEST(empty_sections) {
  Writer writer = Writer::to_memory();
  writer.add(SectionId::vectors, Element::f32, {0, 50}, {});
  writer.add_text(SectionId::metadata, "");
  const auto file = writer.finish();
  CHECK_EQUAL(file->section(SectionId::vectors).shape(), (Shape{0, 50}));
  CHECK(file->section(SectionId::vectors).all<float>().empty());
  CHECK(file->section(SectionId::metadata).text().empty());
  file->verify();
  const auto bare = Writer::to_memory().finish();
  bare->verify();
  CHECK_EQUAL(bare->sections().size(), 1);
}

TEST(wrong_use) {
  Writer writer = Writer::to_memory();
  writer.begin(SectionId::vectors, Element::f32, {2, 2});
  CHECK_THROWS(writer.begin(SectionId::codes, Element::u8, {1, 1}), std::logic_error);
  writer.append(pattern(8));
  CHECK_THROWS(writer.end(), std::logic_error);
  CHECK_THROWS(writer.append(pattern(9)), std::logic_error);
  writer.append(pattern(8));
  writer.end();
  CHECK_THROWS(writer.add_text(SectionId::vectors, "again"), std::logic_error);
  CHECK_THROWS(writer.add_text(SectionId::checksums, ""), std::logic_error);
  CHECK_THROWS(writer.begin(SectionId::codes, Element::f64, {1ull << 61, 2}), InvalidInputError);
  CHECK_THROWS(writer.begin(SectionId::codes, Element::f64, {2, 0}), InvalidInputError);
  writer.finish();
  CHECK_THROWS(writer.finish(), std::logic_error);
}

// More than one block of checksums: 512 blocks fill the first. Zeros, so that it costs little memory traffic.
TEST(checksums_of_checksums) {
  const std::uint64_t size = 8'193 * kBlockBytes;
  const Bytes piece(16 * kBlockBytes);
  Writer writer = Writer::to_memory(size + (1 << 20));
  writer.begin(SectionId::codes, Element::u8, {size, 1});
  for (std::uint64_t left = size; left > 0;) {
    const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    writer.append(std::span(piece).first(taken));
    left -= taken;
  }
  writer.end();
  const auto file = writer.finish();
  CHECK_EQUAL(file->sections().back().length(), 8'193 * 8);
  double last = 0;
  file->verify([&](double fraction) {
    CHECK(fraction >= last && fraction <= 1.0);
    last = fraction;
  });
  CHECK_EQUAL(last, 1.0);
  struct Stop {};
  CHECK_THROWS(file->verify([](double fraction) {
    if (fraction > 0.5) throw Stop();
  }),
               Stop);

  Writer damaged_copy = Writer::to_memory();  // the smaller half of the same test: the tail itself protects the table
  damaged_copy.add(SectionId::codes, Element::u8, {size / 4'096, 1}, Bytes(size / 4'096));
  Bytes image = image_of(*damaged_copy.finish());
  const auto good = load(image);
  image[good->sections().back().offset() + 3] ^= std::byte{1};
  CHECK_THROWS(load(image)->section(SectionId::codes).checked(0, 1), CorruptFileError);
}

}  // namespace

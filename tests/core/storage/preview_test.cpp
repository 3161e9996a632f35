// A preview of the sections written so far: it reads like a file, and leaves no trace in the finished image.
#include <filesystem>
#include <stdexcept>

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

constexpr std::uint64_t kSize = 35 * kBlockBytes + 17;  // more than two of the writer's buffers

void add_first(Writer& writer) {
  writer.add_text(SectionId::metadata, R"({"made by": "a test"})");
  writer.add(SectionId::vectors, Element::u8, {kSize, 1}, pattern(kSize));
}

void add_rest(Writer& writer) {
  writer.add(SectionId::grid, Element::u8, {20, 10}, pattern(200));
  writer.add(SectionId::codes, Element::u8, {kSize, 1}, pattern(kSize));
}

Bytes without_preview() {
  Writer writer = Writer::to_memory();
  add_first(writer);
  add_rest(writer);
  return image_of(*writer.finish());
}

// Takes a preview and destroys it before the writer goes on.
void look(Writer& writer, bool both) {
  const auto file = writer.preview();
  file->verify();
  CHECK(file->has(SectionId::vectors) && file->has(SectionId::codes) == both);
  CHECK_EQUAL(file->section(SectionId::metadata).text(), R"({"made by": "a test"})");
  const Bytes expected = pattern(kSize);
  CHECK_EQUAL(std::memcmp(file->section(SectionId::vectors).checked(0, kSize), expected.data(), kSize), 0);
  if (both) CHECK_EQUAL(std::memcmp(file->section(SectionId::codes).checked(0, kSize), expected.data(), kSize), 0);
  CHECK_EQUAL(file->sections().size(), (both ? 5u : 3u));
}

TEST(the_same_bytes_in_memory) {
  const Bytes expected = without_preview();
  for (const std::size_t room : {std::size_t{0}, std::size_t{1} << 20}) {  // with growth, and without
    Writer writer = Writer::to_memory(room);
    add_first(writer);
    look(writer, false);
    look(writer, false);  // and again
    add_rest(writer);
    look(writer, true);
    CHECK_EQUAL(image_of(*writer.finish()), expected);
  }
}

TEST(the_same_bytes_on_disk) {
  const Folder folder("nearabout_test_preview");
  const std::string path = folder.file("a.near");
  Writer writer = Writer::to_path(path);
  add_first(writer);
  look(writer, false);
  look(writer, false);
  CHECK(!std::filesystem::exists(path));
  add_rest(writer);
  look(writer, true);
  const auto file = writer.finish();
  file->verify();
  CHECK_EQUAL(image_of(*file), without_preview());
  CHECK(std::filesystem::file_size(path) == file->size() && folder.count() == 1);
}

// The previewed end is longer than what is written after it: no trace may remain.
TEST(longer_preview_is_cut) {
  const Folder folder("nearabout_test_preview_longer");
  for (const bool on_disk : {true, false}) {
    Writer writer = on_disk ? Writer::to_path(folder.file("a.near")) : Writer::to_memory();
    add_first(writer);
    look(writer, false);
    const auto file = writer.finish();
    file->verify();
    Writer plain = Writer::to_memory();
    add_first(plain);
    CHECK_EQUAL(image_of(*file), image_of(*plain.finish()));
  }
}

TEST(empty_preview_is_written) {
  Writer writer = Writer::to_memory();
  CHECK_EQUAL(writer.preview()->sections().size(), 1);
  add_first(writer);
  add_rest(writer);
  CHECK_EQUAL(image_of(*writer.finish()), without_preview());
}

TEST(nothing_is_left_of_what_was_not_finished) {
  const Folder folder("nearabout_test_preview_stopped");
  const auto stopped = [&] {
    Writer writer = Writer::to_path(folder.file("a.near"));
    add_first(writer);
    const auto file = writer.preview();
    CHECK_EQUAL(folder.count(), 1);
    throw std::runtime_error("stopped");
  };
  CHECK_THROWS((stopped(), 0), std::runtime_error);
  CHECK(folder.empty());
}

TEST(preview_inside_a_section_is_refused) {
  Writer writer = Writer::to_memory();
  writer.begin(SectionId::codes, Element::u8, {20, 1});
  writer.append(pattern(8));
  CHECK_THROWS(writer.preview(), std::logic_error);
}

}  // namespace

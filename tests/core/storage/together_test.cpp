// Two images read as one: the sections of the second replace those of the first, and are saved with it.
#include <algorithm>

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

constexpr std::uint64_t kSize = 9 * kBlockBytes + 5;

Bytes first_image() {
  Writer writer = Writer::to_memory();
  write_small(writer);
  writer.add(SectionId::vectors, Element::u8, {kSize, 1}, pattern(kSize));
  return image_of(*writer.finish());
}

Bytes second_image() {
  Writer writer = Writer::to_memory();
  // Differs from the first image's section.
  writer.add(SectionId::grid, Element::u8, {3, 100}, Bytes(300, std::byte{9}));
  writer.add(SectionId::codes, Element::u8, {kSize, 1}, Bytes(kSize, std::byte{4}));
  return image_of(*writer.finish());
}

void is_both(const File& file) {
  CHECK_EQUAL(file.section(SectionId::grid).shape(), (Shape{3, 100}));
  CHECK_EQUAL(file.section(SectionId::grid).text(), std::string(300, '\x09'));
  CHECK_EQUAL(file.section(SectionId::codes).text(), std::string(kSize, '\x04'));
  const Bytes expected = pattern(kSize);
  CHECK_EQUAL(std::memcmp(file.section(SectionId::vectors).checked(0, kSize), expected.data(), kSize), 0);
  CHECK_EQUAL(file.section(SectionId::metadata).text(), R"({"made by": "a test"})");
}

TEST(sections_are_replaced_and_added) {
  const auto first = load(first_image());
  const auto both = first->with(load(second_image()));
  is_both(*both);
  both->verify();
  CHECK(first->section(SectionId::grid).shape() == (Shape{20, 10}) && !first->has(SectionId::codes));
  CHECK_EQUAL(image_of(*first), first_image());
  CHECK_EQUAL(KeyMap(both).row_of("queen"), KeyMap(first).row_of("queen"));

  const std::vector<const Section*> sections = both->current_sections();
  CHECK_EQUAL(sections.size(), first->sections().size() + 1);
  CHECK_EQUAL(sections.back()->id(), SectionId::checksums);
  const auto count = [&](SectionId id) {
    return std::count_if(sections.begin(), sections.end(), [=](const Section* section) { return section->id() == id; });
  };
  CHECK(count(SectionId::grid) == 1 && count(SectionId::codes) == 1 && count(SectionId::checksums) == 1);
  CHECK_EQUAL(first->current_sections().size(), first->sections().size());
}

// The first image may be released, too, once it is combined with another.
TEST(joined_file_keeps_its_parts_open) {
  std::shared_ptr<const File> both;
  {
    const auto first = load(first_image());
    both = first->with(load(second_image()));
  }
  is_both(*both);
}

TEST(joined_file_is_saved_as_one) {
  const Folder folder("nearabout_test_together");
  const std::string path = folder.file("first.near");
  load(first_image())->save(path);
  const auto first = File::open(path);
  const auto both = first->with(load(second_image()));
  both->save(folder.file("both.near"));
  const auto saved = File::open(folder.file("both.near"));
  saved->verify();
  is_both(*saved);
  CHECK_EQUAL(image_of(*both->in_one_piece()), image_of(*saved));
  CHECK_EQUAL(image_of(*saved->in_one_piece()), image_of(*saved));
  CHECK_EQUAL(saved->sections().size(), first->sections().size() + 1);
  CHECK_EQUAL(image_of(*File::open(path)), first_image());  // unchanged
  both->save(path);                                         // over the first image's file
  CHECK(image_of(*File::open(path)) == image_of(*saved) && folder.count() == 2);
  is_both(*both);
}

TEST(joined_file_is_joined_again) {
  Writer writer = Writer::to_memory();
  writer.add_text(SectionId::grid, "third");
  const auto second = load(first_image())->with(load(second_image()));
  const auto third = second->with(writer.finish());
  CHECK_EQUAL(third->section(SectionId::grid).text(), "third");
  third->verify();
  is_both(*second);
}

// Damage of either is detected by whoever reads, verifies or saves both.
TEST(damage_of_either_part_is_found) {
  const Folder folder("nearabout_test_together_damage");
  const Bytes good[] = {first_image(), second_image()};
  for (const std::size_t which : {0u, 1u}) {
    Bytes images[] = {good[0], good[1]};
    const SectionId id = which == 0 ? SectionId::vectors : SectionId::codes;
    images[which][load(good[which])->section(id).offset() + 5'000] ^= std::byte{1};
    const auto both = load(images[0])->with(load(images[1]));
    CHECK_THROWS(both->section(id).checked(4'096, 8'192), CorruptFileError);
    CHECK_THROWS((both->verify(), 0), CorruptFileError);
    CHECK_THROWS((both->save(folder.file("a.near")), 0), CorruptFileError);
    CHECK_THROWS(both->in_one_piece(), CorruptFileError);
    CHECK_THROWS(load(images[which])->in_one_piece(), CorruptFileError);
    CHECK(folder.empty());
  }
}

}  // namespace

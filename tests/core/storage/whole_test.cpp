// Files read whole instead of mapped, and the identity of images.
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;
namespace fs = std::filesystem;

Bytes an_image(std::byte first) {
  Writer writer = Writer::to_memory();
  write_small(writer);
  Bytes vectors = pattern(40'000);
  vectors[0] = first;
  writer.add(SectionId::vectors, Element::u8, {vectors.size(), 1}, vectors);
  return image_of(*writer.finish());
}

// Later changes to the file have no effect.
TEST(whole_copy_outlives_the_file) {
  const Folder folder("nearabout_test_whole");
  const std::string path = folder.file("a.near");
  load(an_image(std::byte{1}))->save(path);
  const auto mapped = File::open(path);
  const auto whole = File::read(path);
  CHECK(mapped->mapped() && !whole->mapped() && whole->path() == path);
  CHECK(!load(an_image(std::byte{1}))->mapped());
  CHECK(image_of(*whole) == image_of(*mapped) && whole->identity() == mapped->identity());
  fs::resize_file(path, 0);
  whole->forget();  // releases nothing: there is no file to read it from again
  whole->section(SectionId::vectors).advise(system::Access::anywhere);
  whole->section(SectionId::vectors).will_need(0, 40'000);
  whole->verify();
  CHECK_EQUAL(image_of(*whole), an_image(std::byte{1}));
  const auto other = whole->with(load(an_image(std::byte{2})));
  CHECK(!other->mapped());
  whole->save(path);
  CHECK_EQUAL(image_of(*File::open(path)), an_image(std::byte{1}));
}

TEST(whole_copy_is_checked_as_a_mapped_file) {
  const Folder folder("nearabout_test_whole_damage");
  const std::string path = folder.file("a.near");
  CHECK_THROWS(File::read(path), SystemError);
  CHECK_THROWS(File::read(folder.path.string()), SystemError);
  std::ofstream(path).close();
  CHECK_THROWS(File::read(path), UnknownFormatError);
  std::ofstream(path) << "something else, of more than sixty-four bytes, so that it has a header's length";
  CHECK_THROWS(File::read(path), UnknownFormatError);
  fs::remove(path);
  Bytes image = an_image(std::byte{1});
  load(image)->save(path);
  fs::resize_file(path, fs::file_size(path) - 1);
  CHECK_THROWS(File::read(path), TruncatedFileError);
}

// The same content has the same identity, wherever it is stored; changing a byte of any section changes it.
TEST(identity_of_a_file_is_its_own) {
  const Bytes one = an_image(std::byte{1});
  const Bytes two = an_image(std::byte{2});
  CHECK_EQUAL(one.size(), two.size());
  CHECK_EQUAL(load(one)->identity(), load(an_image(std::byte{1}))->identity());
  CHECK(load(one)->identity() != load(two)->identity());
}

}  // namespace

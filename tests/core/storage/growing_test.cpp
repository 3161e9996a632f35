// Memory that grows: new bytes are zero, old ones stay; a file appears when it is published and not before.
#include "storage/growing.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "check.h"
#include "folder.h"

using nearabout::SystemError;
using nearabout::storage::system::GrowingBytes;
using nearabout::storage::system::Mapping;
using nearabout::test::Folder;

namespace {

namespace fs = std::filesystem;

bool all_are(std::span<const std::byte> bytes, int value) {
  return std::all_of(bytes.begin(), bytes.end(), [=](std::byte byte) { return byte == std::byte(value); });
}

void grow_and_shrink(GrowingBytes& bytes) {
  bytes.resize(100);
  CHECK(all_are({bytes.data(), 100}, 0));
  std::memset(bytes.data(), 1, 100);
  bytes.resize(5'000'000);
  CHECK_EQUAL(bytes.size(), 5'000'000);
  CHECK(all_are({bytes.data(), 100}, 1));
  CHECK(all_are({bytes.data() + 100, 5'000'000 - 100}, 0));
  std::memset(bytes.data() + 100, 2, 20'000);
  bytes.resize(20'100);
  CHECK(all_are({bytes.data() + 100, 20'000}, 2));
}

TEST(memory_grows_and_shrinks) {
  GrowingBytes bytes;
  CHECK(!bytes.in_file());
  CHECK_EQUAL(bytes.size(), 0);
  grow_and_shrink(bytes);
  CHECK_THROWS(bytes.resize(std::size_t{1} << 60), std::bad_alloc);
  CHECK_EQUAL(bytes.size(), 20'100);
}

TEST(file_grows_and_shrinks) {
  const Folder folder("nearabout_growing_test");
  const std::string path = folder.file("grown");
  {
    GrowingBytes bytes(path);
    grow_and_shrink(bytes);
    CHECK(!fs::exists(path));
    bytes.publish();
    CHECK_EQUAL(fs::file_size(path), 20'100);
    CHECK(all_are({bytes.data(), 100}, 1));
  }
  const Mapping mapping(path);
  CHECK_EQUAL(mapping.bytes().size(), 20'100);
  CHECK(all_are(mapping.bytes().first(100), 1));
  CHECK(all_are(mapping.bytes().subspan(100), 2));
  {
    GrowingBytes abandoned(folder.file("abandoned"));
    abandoned.resize(1000);
  }
  CHECK_EQUAL(folder.count(), 1);
  CHECK_THROWS(GrowingBytes(folder.file("none/x")), SystemError);
}

}  // namespace

// Memory that grows: new bytes are zero, old ones stay; a file appears when it is published and not before.
#include "storage/growing.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "check.h"

using nearabout::SystemError;
using nearabout::storage::system::GrowingBytes;
using nearabout::storage::system::Mapping;

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
  CHECK(bytes.size() == 5'000'000);
  CHECK(all_are({bytes.data(), 100}, 1));
  CHECK(all_are({bytes.data() + 100, 5'000'000 - 100}, 0));
  std::memset(bytes.data() + 100, 2, 20'000);
  bytes.resize(20'100);
  CHECK(all_are({bytes.data() + 100, 20'000}, 2));
}

void in_memory() {
  GrowingBytes bytes;
  CHECK(!bytes.in_file());
  CHECK(bytes.size() == 0);
  grow_and_shrink(bytes);
  CHECK_THROWS(bytes.resize(std::size_t{1} << 60), std::bad_alloc);
  CHECK(bytes.size() == 20'100);
}

void in_a_file(const fs::path& folder) {
  const std::string path = (folder / "grown").string();
  {
    GrowingBytes bytes(path);
    grow_and_shrink(bytes);
    CHECK(!fs::exists(path));
    bytes.publish();
    CHECK(fs::file_size(path) == 20'100);
    CHECK(all_are({bytes.data(), 100}, 1));
  }
  const Mapping mapping(path);
  CHECK(mapping.bytes().size() == 20'100);
  CHECK(all_are(mapping.bytes().first(100), 1));
  CHECK(all_are(mapping.bytes().subspan(100), 2));
  {
    GrowingBytes abandoned((folder / "abandoned").string());
    abandoned.resize(1000);
  }
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  CHECK_THROWS(GrowingBytes((folder / "none" / "x").string()), SystemError);
}

}  // namespace

int main() {
  const fs::path folder = fs::temp_directory_path() / "nearabout_growing_test";
  fs::remove_all(folder);
  fs::create_directory(folder);
  in_memory();
  in_a_file(folder);
  fs::remove_all(folder);
  return nearabout::test::report("storage_growing");
}

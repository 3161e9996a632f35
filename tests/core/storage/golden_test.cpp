// Files of every released version stay readable, and today's writer still writes the newest one byte for byte.
//
//   storage_golden            compares
//   storage_golden --write    writes the file of this version (once, when the version changes)
#include <fstream>
#include <iterator>
#include <string_view>

#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

const std::string kNewest = std::string(NEARABOUT_TEST_FILES) + "/storage-v1.near";

Bytes read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void test_version_1() {
  const auto file = File::open(kNewest);
  file->verify();
  const KeyMap keys(file);
  keys.verify();
  CHECK(keys.size() == 5 && keys.row_of("king") == 0u && keys.row_of("") == 2u && !keys.row_of("kings"));
  CHECK(file->section(SectionId::row_terms).all<float>()[1] == -2.0f);
  CHECK(file->section(SectionId::metadata).text() == R"({"made by": "a test"})");
  CHECK(read_file(kNewest) == small_image());
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "--write") {
    load(small_image())->save(kNewest);
    return 0;
  }
  test_version_1();
  return nearabout::test::report("storage_golden");
}

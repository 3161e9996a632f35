// Files of every released version stay readable, and today's writer still writes the newest one byte for byte.
//
//   NEARABOUT_WRITE_GOLDEN=1 storage_tests golden    writes the file of this version (once, when the version changes)
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "check.h"
#include "images.h"

namespace {

using namespace nearabout;
using namespace nearabout::test;

const std::string kNewest = std::string(NEARABOUT_GOLDEN_FILES) + "/storage-v1.near";

Bytes read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(version_1) {
  if (std::getenv("NEARABOUT_WRITE_GOLDEN")) load(small_image())->save(kNewest);
  const auto file = File::open(kNewest);
  file->verify();
  const KeyMap keys(file);
  keys.verify();
  CHECK(keys.size() == 5 && keys.row_of("king") == 0u && keys.row_of("") == 2u && !keys.row_of("kings"));
  CHECK_EQUAL(file->section(SectionId::row_terms).all<float>()[1], -2.0f);
  CHECK_EQUAL(file->section(SectionId::metadata).text(), R"({"made by": "a test"})");
  CHECK_EQUAL(read_file(kNewest), small_image());
}

}  // namespace

// Files read at any offset, and files without a name.
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <cerrno>
#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#endif

#include "base/error.h"
#include "check.h"
#include "folder.h"
#include "storage/system.h"

namespace {

using namespace nearabout;
using storage::system::ReadFile;
using storage::system::ScratchFile;
using test::Folder;
namespace fs = std::filesystem;

std::vector<std::byte> counted(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251);
  return bytes;
}

void put(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream file(path, std::ios::binary);
  for (const std::byte byte : bytes) file.put(static_cast<char>(byte));
}

template <class File>
std::vector<std::byte> part(const File& file, std::uint64_t offset, std::size_t size) {
  std::vector<std::byte> bytes(size);
  file.read_at(offset, bytes);
  return bytes;
}

std::vector<std::byte> slice(const std::vector<std::byte>& bytes, std::size_t begin, std::size_t size) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

TEST(any_place_by_many_threads) {
  const Folder folder("nearabout_test_read_at");
  const std::vector<std::byte> bytes = counted(100'000);
  put(folder.file("a"), bytes);
  const ReadFile file(folder.file("a"));
  CHECK_EQUAL(file.size(), bytes.size());
  CHECK_EQUAL(part(file, 0, bytes.size()), bytes);
  CHECK(part(file, 100'000, 0).empty());
  std::vector<int> right(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < right.size(); ++t)
    threads.emplace_back([&, t] {
      for (std::size_t begin = t; begin + 1000 < bytes.size(); begin += 977)
        right[t] += part(file, begin, 1000) == slice(bytes, begin, 1000) ? 1 : -1'000'000;
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : right) CHECK(count > 100);
}

TEST(unreadable_files_are_refused) {
  const Folder folder("nearabout_test_read_what");
  CHECK_THROWS(ReadFile(folder.file("none")), SystemError);
  CHECK_THROWS(ReadFile(folder.path.string()), SystemError);
#ifndef _WIN32
  CHECK_EQUAL(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  CHECK_THROWS(ReadFile(folder.file("pipe")), InvalidInputError);
#endif
}

TEST(a_file_that_changes_is_noticed) {
  const Folder folder("nearabout_test_read_change");
  put(folder.file("a"), counted(5000));
  const ReadFile file(folder.file("a"));
  file.check_unchanged();
  fs::resize_file(folder.file("a"), 1000);
  CHECK_EQUAL(part(file, 0, 1000), counted(1000));
  CHECK_THROWS(part(file, 0, 1001), TruncatedFileError);
  CHECK_THROWS(part(file, 4000, 1), TruncatedFileError);
  CHECK_THROWS(file.check_unchanged(), CorruptFileError);
}

TEST(scratch_leaves_nothing) {
  const Folder folder("nearabout_test_scratch");
  ScratchFile file(folder.file("index.near"));
#ifndef _WIN32
  CHECK(folder.empty());  // from the start, so that a kill leaves nothing either
#endif
  std::vector<std::byte> bytes = counted(70'000);
  file.append(std::span(bytes).first(30'001));
  file.append(std::span(bytes).subspan(30'001));
  CHECK_EQUAL(file.size(), bytes.size());
  CHECK_EQUAL(part(file, 0, bytes.size()), bytes);
  bytes[5] = bytes[6] = std::byte{255};
  file.write_at(5, std::span(bytes).subspan(5, 2));
  CHECK(file.size() == bytes.size() && part(file, 0, 10) == slice(bytes, 0, 10));
  CHECK_THROWS(part(file, 69'999, 2), TruncatedFileError);
  file.check_unchanged();  // nobody else can write to it
  ScratchFile somewhere("");
  somewhere.append(bytes);
  CHECK_EQUAL(part(somewhere, 1, 9), slice(bytes, 1, 9));
  CHECK_THROWS(ScratchFile(folder.file("no/such/folder/index.near")), SystemError);
}

#ifndef _WIN32

// The error of a full disk names the folder. A limit on the size of files simulates it.
TEST(a_full_disk_is_reported) {
  const Folder folder("nearabout_test_scratch_full");
  rlimit before{};
  CHECK_EQUAL(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  ScratchFile file(folder.file("index.near"));
  const rlimit small{10'000, before.rlim_max};
  CHECK_EQUAL(::setrlimit(RLIMIT_FSIZE, &small), 0);
  int number = 0;
  std::string path;
  try {
    file.append(counted(20'000));
  } catch (const SystemError& error) {
    number = error.number();
    path = error.path();
  }
  CHECK_EQUAL(::setrlimit(RLIMIT_FSIZE, &before), 0);
  CHECK(number == EFBIG && path == folder.path.string());
}

#endif

}  // namespace

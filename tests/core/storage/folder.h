// A temporary folder for one test, removed at the end.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>

namespace nearabout::test {

struct Folder {
  std::filesystem::path path;
  explicit Folder(const char* name) : path(std::filesystem::temp_directory_path() / name) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
  std::size_t count() const {
    namespace fs = std::filesystem;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator{}));
  }
  bool empty() const { return std::filesystem::is_empty(path); }
};

}  // namespace nearabout::test

// What can go wrong in the core. One exception type per answer that a caller can give; bindings turn each into its
// Python namesake. Every sentence says what was given, what is allowed and what to do next.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace nearabout {

// Wrong shape, value, name or combination: the caller's to mend.
class InvalidInputError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// A file that cannot be trusted. The four kinds below are what a user can act upon.
class FileFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class UnknownFormatError : public FileFormatError {
 public:
  using FileFormatError::FileFormatError;
};
class TruncatedFileError : public FileFormatError {
 public:
  using FileFormatError::FileFormatError;
};
class CorruptFileError : public FileFormatError {
 public:
  using FileFormatError::FileFormatError;
};
class UnsupportedVersionError : public FileFormatError {
 public:
  using FileFormatError::FileFormatError;
};

// The operating system said no: its error number and the path it was said of.
class SystemError : public std::runtime_error {
 public:
  SystemError(int number, std::string path, const std::string& doing);
  int number() const noexcept { return number_; }
  const std::string& path() const noexcept { return path_; }

 private:
  int number_;
  std::string path_;
};

}  // namespace nearabout

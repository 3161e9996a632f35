// Exceptions of the core: one type for each way that a caller can react. The bindings map each to its Python namesake.
// Every message says what was given, what is allowed and what to do next.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace nearabout {

// Invalid shape, value, name or combination of arguments, which the caller has to fix.
class InvalidInputError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// A file that cannot be trusted. The four subclasses below are the cases that a user can act upon.
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

// A search that took longer than its deadline allows.
class DeadlineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A failed operating system call: its error number and the path it was made for.
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

// The system calls of system.h on Windows. Paths are UTF-8 and become UTF-16 here.
//
// One difference from POSIX cannot be hidden: a file that any process has mapped cannot be replaced, so saving onto an
// index that is open fails with EACCES and leaves it as it was.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#define _CRT_RAND_S  // declares rand_s in stdlib.h
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include <stdlib.h>
#include <windows.h>

#include "base/error.h"
#include "storage/growing.h"
#include "storage/system.h"

namespace nearabout::storage::system {
namespace {

[[noreturn]] void throw_last(const std::string& path, const std::string& doing) {
  const std::error_code code(static_cast<int>(::GetLastError()), std::system_category());
  const std::error_condition condition = code.default_error_condition();
  const int number = condition.category() == std::generic_category() ? condition.value() : EIO;
  throw SystemError(number, path, doing + " " + path);
}

std::wstring wide(const std::string& text) {
  const int size = static_cast<int>(text.size());
  const int units = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0);
  std::wstring result(static_cast<std::size_t>(units), L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, result.data(), units);
  return result;
}

struct Handle {
  HANDLE value;
  ~Handle() {
    if (value != INVALID_HANDLE_VALUE && value != nullptr) ::CloseHandle(value);
  }
};

bool is_folder(const std::string& path) {
  const DWORD attributes = ::GetFileAttributesW(wide(path).c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

std::string folder_of(const std::string& path) {
  const auto separator = path.find_last_of("/\\");
  return separator == std::string::npos ? std::string() : path.substr(0, separator + 1);
}

std::string random_name() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name = ".nearabout-";
  for (int half = 0; half < 2; ++half) {
    unsigned int number = 0;
    (void)::rand_s(&number);  // the system's generator; were it to fail, CREATE_NEW still takes no name that is in use
    for (int shift = 0; shift < 32; shift += 4) name += kDigits[number >> shift & 15];
  }
  return name + ".tmp";
}

}  // namespace

Mapping::Mapping(const std::string& path) {
  if (is_folder(path)) throw SystemError(EISDIR, path, "cannot open " + path + " as an index");
  const Handle file{::CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (file.value == INVALID_HANDLE_VALUE) throw_last(path, "cannot open");
  if (::GetFileType(file.value) != FILE_TYPE_DISK)
    throw NotOurFile(path + " is a pipe or a device, not a file: an index is mapped, so it must be a regular file");
  LARGE_INTEGER size;
  if (!::GetFileSizeEx(file.value, &size)) throw_last(path, "cannot examine");
  size_ = static_cast<std::size_t>(size.QuadPart);
  if (size_ == 0) return;
  const Handle mapping{::CreateFileMappingW(file.value, nullptr, PAGE_READONLY, 0, 0, nullptr)};
  if (mapping.value == nullptr) throw_last(path, "cannot map");
  // The view keeps the file and the mapping alive after their handles are closed.
  data_ = static_cast<const std::byte*>(::MapViewOfFile(mapping.value, FILE_MAP_READ, 0, 0, 0));
  if (data_ == nullptr) throw_last(path, "cannot map");
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::UnmapViewOfFile(data_);
}

TemporaryFile::TemporaryFile(const std::string& target) : asked_(target), target_(target) {
  if (target.empty()) throw SystemError(ENOENT, target, "cannot save to an empty path");
  if (is_folder(target)) throw SystemError(EISDIR, target, "cannot save to " + target + ", which is a folder");
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = folder_of(target_) + random_name();
    handle_ = ::CreateFileW(wide(name).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_NEW,
                            FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle_ != INVALID_HANDLE_VALUE) {
      path_ = name;
      return;
    }
    handle_ = nullptr;
    if (::GetLastError() != ERROR_FILE_EXISTS) break;
  }
  throw_last(asked_, "cannot write");
}

TemporaryFile::~TemporaryFile() { remove(); }

void TemporaryFile::remove() noexcept {
  if (handle_ != nullptr) ::CloseHandle(handle_);
  handle_ = nullptr;
  if (path_.empty()) return;
  try {
    ::DeleteFileW(wide(path_).c_str());
  } catch (const std::bad_alloc&) {
    // Out of memory while failing: the temporary file stays behind.
  }
  path_.clear();
}

void TemporaryFile::write(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

void TemporaryFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  constexpr std::size_t kMost = 1 << 30;
  while (!bytes.empty()) {
    OVERLAPPED place{};
    place.Offset = static_cast<DWORD>(offset);
    place.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD written = 0;
    if (!::WriteFile(handle_, bytes.data(), static_cast<DWORD>(std::min(bytes.size(), kMost)), &written, &place))
      throw_last(asked_, "cannot write");
    if (written == 0) throw SystemError(ENOSPC, asked_, "cannot write " + asked_);
    bytes = bytes.subspan(written);
    offset += written;
  }
}

void TemporaryFile::publish() {
  if (!::FlushFileBuffers(handle_)) throw_last(asked_, "cannot write");
  const HANDLE handle = handle_;
  handle_ = nullptr;
  if (!::CloseHandle(handle)) throw_last(asked_, "cannot write");
  if (!::MoveFileExW(wide(path_).c_str(), wide(target_).c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    throw_last(asked_, "cannot rename the finished file to");
  path_.clear();
}

GrowingBytes::GrowingBytes(const std::string& target) : file_(std::make_unique<TemporaryFile>(target)) {}

namespace {

void unmap(std::byte* data, bool in_file) {
  if (data == nullptr) return;
  if (in_file)
    ::UnmapViewOfFile(data);
  else
    ::VirtualFree(data, 0, MEM_RELEASE);
}

}  // namespace

GrowingBytes::~GrowingBytes() { unmap(data_, in_file()); }

void GrowingBytes::resize(std::size_t size) {
  if (size == size_) return;
  if (!file_) {
    void* address = ::VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (address == nullptr) throw std::bad_alloc();
    if (data_ != nullptr) std::memcpy(address, data_, std::min(size, size_));
    unmap(data_, false);
    data_ = static_cast<std::byte*>(address);
    size_ = size;
    return;
  }
  unmap(data_, true);  // a mapped file cannot be made shorter
  data_ = nullptr;
  size_ = 0;
  LARGE_INTEGER end;
  end.QuadPart = static_cast<LONGLONG>(size);
  if (!::SetFilePointerEx(file_->handle_, end, nullptr, FILE_BEGIN) || !::SetEndOfFile(file_->handle_))
    throw_last(file_->asked_, "cannot write");
  const Handle mapping{::CreateFileMappingW(file_->handle_, nullptr, PAGE_READWRITE, 0, 0, nullptr)};
  if (mapping.value == nullptr) throw_last(file_->asked_, "cannot map");
  data_ = static_cast<std::byte*>(::MapViewOfFile(mapping.value, FILE_MAP_WRITE, 0, 0, 0));
  if (data_ == nullptr) throw_last(file_->asked_, "cannot map");
  size_ = size;
}

void GrowingBytes::publish() {
  if (data_ != nullptr && !::FlushViewOfFile(data_, 0)) throw_last(file_->asked_, "cannot write");
  file_->publish();
}

bool write_to_device(const std::string&, std::span<const std::byte>) { return false; }

}  // namespace nearabout::storage::system

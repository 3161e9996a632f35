// The system calls of system.h on Windows. Paths are UTF-8 and are converted to UTF-16 here.
//
// One difference from POSIX cannot be hidden: a file that any process has mapped cannot be replaced, so saving onto an
// index that is open fails with EACCES and leaves it unchanged.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#define _CRT_RAND_S  // declares rand_s in stdlib.h
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

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
    (void)::rand_s(&number);  // the system's generator; if it failed, CREATE_NEW would still reject any name in use
    for (int shift = 0; shift < 32; shift += 4) name += kDigits[number >> shift & 15];
  }
  return name + ".tmp";
}

std::uint64_t ticks_of(const FILETIME& time) {  // in units of 100 nanoseconds
  return std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime;
}

// Removes the temporary files of writers that have died. A writer's open file cannot be deleted, and it is closed only
// for a moment, between its last write and its renaming, so a file that nobody has written to for an hour belongs to no
// living writer. Failures are ignored: the caller came to write another file.
void remove_stale_files(const std::string& folder) {
  constexpr std::uint64_t kHour = std::uint64_t{3600} * 10'000'000;
  FILETIME now;
  ::GetSystemTimeAsFileTime(&now);
  WIN32_FIND_DATAW found;
  const HANDLE search = ::FindFirstFileW(wide(folder + ".nearabout-*.tmp").c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return;
  do {
    std::string name;
    for (const wchar_t* unit = found.cFileName; *unit != 0; ++unit)
      name += *unit < 128 ? static_cast<char>(*unit) : '?';
    if (is_temporary_name(name) && ticks_of(found.ftLastWriteTime) + kHour < ticks_of(now))
      ::DeleteFileW(wide(folder + name).c_str());
  } while (::FindNextFileW(search, &found));
  ::FindClose(search);
}

constexpr std::size_t kMaxBytes = 1 << 30;  // bytes per call, which counts in 32 bits

OVERLAPPED place_of(std::uint64_t offset) {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return place;
}

void write_all(HANDLE handle, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& path,
               const std::string& doing) {
  while (!bytes.empty()) {
    OVERLAPPED place = place_of(offset);
    DWORD written = 0;
    if (!::WriteFile(handle, bytes.data(), static_cast<DWORD>(std::min(bytes.size(), kMaxBytes)), &written, &place))
      throw_last(path, doing);
    if (written == 0) throw SystemError(ENOSPC, path, doing + " " + path);
    bytes = bytes.subspan(written);
    offset += written;
  }
}

std::string common_folder() {
  wchar_t units[MAX_PATH + 2];
  const DWORD length = ::GetTempPathW(MAX_PATH + 2, units);
  if (length == 0 || length > MAX_PATH + 1) throw_last("TEMP", "cannot find the folder for temporary files,");
  const int size = ::WideCharToMultiByte(CP_UTF8, 0, units, static_cast<int>(length), nullptr, 0, nullptr, nullptr);
  std::string path(static_cast<std::size_t>(size), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, units, static_cast<int>(length), path.data(), size, nullptr, nullptr);
  return path;
}

}  // namespace

Mapping::Mapping(const std::string& path) {
  if (is_folder(path)) throw SystemError(EISDIR, path, "cannot open " + path + " as an index");
  const Handle file{::CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (file.value == INVALID_HANDLE_VALUE) throw_last(path, "cannot open");
  if (::GetFileType(file.value) != FILE_TYPE_DISK)
    throw UnknownFormatError(path + " is a pipe or a device; an index is mapped, so it must be a regular file");
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

void advise(std::span<const std::byte>, Access) noexcept {}  // Windows has no such advice for mappings

void will_need(std::span<const std::byte> mapped) noexcept {
  WIN32_MEMORY_RANGE_ENTRY range{const_cast<std::byte*>(mapped.data()), mapped.size()};
  if (!mapped.empty()) ::PrefetchVirtualMemory(::GetCurrentProcess(), 1, &range, 0);
}

// Large pages need a privilege that programs rarely have.
void prefer_large_pages(std::span<std::byte>) noexcept {}

// Releases the memory: unlocking pages that are not locked removes them from the working set.
void forget(std::span<const std::byte> mapped) noexcept {
  if (!mapped.empty()) ::VirtualUnlock(const_cast<std::byte*>(mapped.data()), mapped.size());
}

TemporaryFile::TemporaryFile(const std::string& target) : requested_(target), target_(target) {
  if (target.empty()) throw SystemError(ENOENT, target, "cannot save to an empty path");
  if (is_folder(target)) throw SystemError(EISDIR, target, "cannot save to " + target + ", which is a folder");
  remove_stale_files(folder_of(target_));
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = folder_of(target_) + random_name();
    handle_ = ::CreateFileW(wide(name).c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr, CREATE_NEW,
                            FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle_ != INVALID_HANDLE_VALUE) {
      path_ = name;
      return;
    }
    handle_ = nullptr;
    if (::GetLastError() != ERROR_FILE_EXISTS) break;
  }
  throw_last(requested_, "cannot write");
}

TemporaryFile::~TemporaryFile() { remove(); }

void TemporaryFile::remove() noexcept {
  if (handle_ != nullptr) ::CloseHandle(handle_);
  handle_ = nullptr;
  if (path_.empty()) return;
  try {
    ::DeleteFileW(wide(path_).c_str());
  } catch (const std::bad_alloc&) {
    // Out of memory during error handling: the temporary file stays behind.
  }
  path_.clear();
}

void TemporaryFile::write(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

void TemporaryFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(handle_, offset, bytes, requested_, "cannot write");
}

void TemporaryFile::shorten(std::uint64_t size) {
  LARGE_INTEGER place;
  place.QuadPart = static_cast<LONGLONG>(size);
  if (!::SetFilePointerEx(handle_, place, nullptr, FILE_BEGIN) || !::SetEndOfFile(handle_))
    throw_last(requested_, "cannot write");
  size_ = size;
}

void TemporaryFile::publish() {
  if (!::FlushFileBuffers(handle_)) throw_last(requested_, "cannot write");
  const HANDLE handle = handle_;
  handle_ = nullptr;
  if (!::CloseHandle(handle)) throw_last(requested_, "cannot write");
  if (!::MoveFileExW(wide(path_).c_str(), wide(target_).c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    throw_last(requested_, "cannot rename the finished file to");
  path_.clear();
}

ReadFile::ReadFile(const std::string& path) : path_(path) {
  if (is_folder(path)) throw SystemError(EISDIR, path, "cannot read " + path);
  Handle file{::CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (file.value == INVALID_HANDLE_VALUE) throw_last(path, "cannot open");
  if (::GetFileType(file.value) != FILE_TYPE_DISK)
    throw InvalidInputError(
        path + " is a pipe or a device, which can only be read once and in order; copy it to a file first");
  handle_ = std::exchange(file.value, INVALID_HANDLE_VALUE);
  before_ = stamp();
  size_ = before_->size;
}

ReadFile::~ReadFile() {
  if (handle_ != nullptr) ::CloseHandle(handle_);
}

ReadFile::Stamp ReadFile::stamp() const {
  LARGE_INTEGER size;
  FILETIME time;
  if (!::GetFileSizeEx(handle_, &size) || !::GetFileTime(handle_, nullptr, nullptr, &time))
    throw_last(path_, "cannot examine");
  return {static_cast<std::uint64_t>(size.QuadPart),
          static_cast<std::int64_t>(std::uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime)};
}

void ReadFile::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  while (!to.empty()) {
    OVERLAPPED place = place_of(offset);
    DWORD got = 0;
    const DWORD wanted = static_cast<DWORD>(std::min(to.size(), kMaxBytes));
    if (!::ReadFile(handle_, to.data(), wanted, &got, &place) && ::GetLastError() != ERROR_HANDLE_EOF)
      throw_last(path_, "cannot read");
    if (got == 0) throw_shorter();
    to = to.subspan(got);
    offset += got;
  }
}

ScratchFile::ScratchFile(const std::string& scratch) {
  path_ = scratch.empty() ? common_folder() : folder_of(scratch);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::wstring name = wide(path_ + random_name());
    handle_ = ::CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_NEW,
                            FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr);
    if (handle_ != INVALID_HANDLE_VALUE) return;
    handle_ = nullptr;
    if (::GetLastError() != ERROR_FILE_EXISTS) break;
  }
  throw_last(path_, "cannot make a temporary file in");
}

void ScratchFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(handle_, offset, bytes, path_, "cannot write a temporary file in");
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
  if (size < size_) {  // a mapped file cannot be made shorter
    unmap(data_, true);
    data_ = nullptr;
    size_ = 0;
    LARGE_INTEGER end;
    end.QuadPart = static_cast<LONGLONG>(size);
    if (!::SetFilePointerEx(file_->handle_, end, nullptr, FILE_BEGIN) || !::SetEndOfFile(file_->handle_))
      throw_last(file_->requested_, "cannot write");
  }
  // Extends the file if necessary.
  const auto wide_size = static_cast<std::uint64_t>(size);
  const Handle mapping{::CreateFileMappingW(file_->handle_, nullptr, PAGE_READWRITE,
                                            static_cast<DWORD>(wide_size >> 32), static_cast<DWORD>(wide_size),
                                            nullptr)};
  if (mapping.value == nullptr) throw_last(file_->requested_, "cannot write");
  auto* data = static_cast<std::byte*>(::MapViewOfFile(mapping.value, FILE_MAP_WRITE, 0, 0, 0));
  if (data == nullptr) throw_last(file_->requested_, "cannot map");
  unmap(data_, true);
  data_ = data;
  size_ = size;
}

void GrowingBytes::publish() {
  if (data_ != nullptr && !::FlushViewOfFile(data_, 0)) throw_last(file_->requested_, "cannot write");
  file_->publish();
}

bool write_to_device(const std::string&, std::span<const std::byte>) { return false; }

}  // namespace nearabout::storage::system

// Every operating system call that Nearabout makes for files: posix.cpp and windows.cpp each implement what is declared
// here, except for a few lines in system.cpp that are the same on both. Failures throw SystemError with the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nearabout::storage::system {

// A whole file, mapped read-only. The bytes stay the same when another file is renamed over it; they do not survive
// someone truncating or overwriting the file in place (reading then ends the process with SIGBUS), so nothing here ever
// does that.
class Mapping {
 public:
  // Throws UnknownFormatError for anything that is neither a file nor a folder (a pipe, a device), SystemError EISDIR
  // for a folder.
  explicit Mapping(const std::string& path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Access pattern of mapped bytes: random (each fault then reads only the page it needs), or from one end to the other.
// Advisory: it affects speed only. Bytes that are not mapped are left alone.
enum class Access { anywhere, in_order };
void advise(std::span<const std::byte> mapped, Access access) noexcept;
// Starts reading mapped bytes that are not in memory, without waiting for them. Advisory, too.
void will_need(std::span<const std::byte> mapped) noexcept;
// Asks for large pages for memory that is not mapped from a file, before it is written to. Advisory, too.
void prefer_large_pages(std::span<std::byte> memory) noexcept;
// Releases the memory of bytes that are mapped from a file; they are read again when needed. Must not be used for other
// memory, which would lose its contents.
void forget(std::span<const std::byte> mapped) noexcept;

// Returns true for the name of a TemporaryFile.
bool is_temporary_name(std::string_view name);

// A new file with an unpredictable name in the folder of `target`, which it replaces when it is published. Until then,
// and whatever happens, the file under the target's name is untouched; the destructor removes an unpublished file. A
// kill at any moment leaves the old file or the new one, and may leave the temporary one, ".nearabout-*.tmp": the next
// one made in the folder removes it, but not those of writers that are still alive.
class TemporaryFile {
 public:
  // Rejects a target that exists and is not a regular file. A symbolic link is followed: the file it names is replaced.
  // The new file gets the mode of the one it replaces and, if the system allows it, its owner.
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::span<const std::byte> bytes);                           // at the end
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);  // over bytes already written
  // Truncates the file to its first `size` bytes. No part of it may be mapped.
  void shorten(std::uint64_t size);
  const std::string& path() const { return path_; }
  // Flushes to disk, renames to the target, flushes the folder.
  void publish();

 private:
  friend class GrowingBytes;  // maps it
  void remove() noexcept;

  std::string requested_;  // the target as given, for messages
  std::string target_;     // the target with links followed
  std::string path_;       // path of the temporary file; empty once it is published
#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int descriptor_ = -1;
  int lock_ = -1;  // a duplicate descriptor, whose lock is held until the file has the target's name
#endif
  std::uint64_t size_ = 0;
};

// A regular file read at any offset, by any number of threads at once. It is not mapped: bytes read are in the caller's
// buffer and nowhere else in this process, so a file larger than memory needs only its buffers.
class ReadFile {
 public:
  // Throws InvalidInputError for a pipe or a device, SystemError EISDIR for a folder.
  explicit ReadFile(const std::string& path);
  ~ReadFile();
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // size when it was opened, in bytes
  // Fills `to`. Throws TruncatedFileError if the file has become shorter than that.
  void read_at(std::uint64_t offset, std::span<std::byte> to) const;
  // Throws CorruptFileError if the file was written to since it was opened: the bytes read then belong to no single
  // version of it.
  void check_unchanged() const;

 protected:
  struct Stamp {
    std::uint64_t size;
    std::int64_t time;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  ReadFile() = default;
  Stamp stamp() const;
  [[noreturn]] void throw_shorter() const;

  std::string path_;  // for a scratch file, the path of its folder
  std::uint64_t size_ = 0;
  std::optional<Stamp> before_;  // nullopt for a file that nobody else can reach
#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int descriptor_ = -1;
#endif
};

// A temporary file without a name: its contents are gone when it is closed, and after a kill as well. Written by one
// thread, then read by many.
class ScratchFile : public ReadFile {
 public:
  // Creates the file in the folder of `scratch`, where the result will be; if that is empty, in the system's folder for
  // temporary files.
  explicit ScratchFile(const std::string& scratch);

  void append(std::span<const std::byte> bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);  // over bytes already written
};

}  // namespace nearabout::storage::system

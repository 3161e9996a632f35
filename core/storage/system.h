// Every call of the operating system that Nearabout makes about files: posix.cpp and windows.cpp have one each of what
// is declared here, but for the few lines of system.cpp that are the same on both. Failures are SystemError with the
// path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nearabout::storage::system {

// A whole file, mapped read-only. The bytes stay what they are when another file takes the name; they do not survive
// someone truncating or overwriting the file in place (reading then ends the process with SIGBUS), so nothing here ever
// does.
class Mapping {
 public:
  // UnknownFormatError for what is neither a file nor a folder (a pipe, a device), SystemError EISDIR for a folder.
  explicit Mapping(const std::string& path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// How mapped bytes will be read: places all over (each fault then brings the page that was asked for and no others), or
// from one end to the other. Advice: nothing depends on it but time. Bytes that are not mapped are left alone.
enum class Access { anywhere, in_order };
void advise(std::span<const std::byte> mapped, Access access) noexcept;
// Has the system read mapped bytes that are not in memory, and does not wait for them. Advice as well.
void will_need(std::span<const std::byte> mapped) noexcept;
// Gives back the memory of bytes that are mapped from a file: they are read again where they are needed. Not for other
// memory, which would lose what it holds.
void forget(std::span<const std::byte> mapped) noexcept;

// A new file with an unpredictable name in the folder of `target`, which it replaces when it is published. Until then,
// and whatever happens, the file under the target's name is untouched; the destructor removes what was not published. A
// kill at any moment leaves the old file or the new one, and may leave the temporary one, ".nearabout-*.tmp": the next
// that is made in the folder removes it, and spares those of writers that live.
bool is_temporary_name(std::string_view name);
class TemporaryFile {
 public:
  // Refuses a target that exists and is not a regular file. A symbolic link is followed: the file it names is replaced.
  // What replaces a file gets its mode and, where the system allows that, its owner.
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::span<const std::byte> bytes);                           // at the end
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);  // over what was written
  // Leaves the first `size` bytes of what was written. Nothing may be mapped of it.
  void shorten(std::uint64_t size);
  const std::string& path() const { return path_; }
  // Flushes to disk, takes the target's name, flushes the folder.
  void publish();

 private:
  friend class GrowingBytes;  // maps it
  void remove() noexcept;

  std::string asked_;   // the target as it was given: what messages name
  std::string target_;  // with links followed
  std::string path_;    // of the temporary file; empty once it is published
#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int descriptor_ = -1;
  int lock_ = -1;  // the same open file, whose lock is held until it has the target's name
#endif
  std::uint64_t size_ = 0;
};

// A regular file that is read at any place, by any number of threads at once. It is not mapped: what was read is in the
// caller's buffer and nowhere else in this process, so a file larger than memory costs its buffers.
class ReadFile {
 public:
  // InvalidInputError for a pipe or a device, SystemError EISDIR for a folder.
  explicit ReadFile(const std::string& path);
  ~ReadFile();
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // when it was opened
  // Fills `to`. TruncatedFileError where the file became shorter than that.
  void read_at(std::uint64_t offset, std::span<std::byte> to) const;
  // CorruptFileError where the file was written to since it was opened: what was read of it belongs to no version of
  // it.
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

  std::string path_;  // of a scratch file, that of its folder
  std::uint64_t size_ = 0;
  std::optional<Stamp> before_;  // nothing for a file that nobody else can reach
#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int descriptor_ = -1;
#endif
};

// A temporary file that no name leads to: what was written is gone when it is closed, and after a kill as well. It is
// written by one thread, then read by many.
class ScratchFile : public ReadFile {
 public:
  // In the folder of `beside`, where what is made of it will be; of an empty path, in the system's folder for such
  // files.
  explicit ScratchFile(const std::string& scratch);

  void append(std::span<const std::byte> bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);  // over what was written
};

}  // namespace nearabout::storage::system

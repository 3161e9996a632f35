// The system calls of system.h on Linux, macOS and other POSIX systems.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>  // getentropy, which elsewhere is in unistd.h
#endif

#include "base/error.h"
#include "storage/growing.h"
#include "storage/system.h"

namespace nearabout::storage::system {
namespace {

[[noreturn]] void throw_errno(const std::string& path, const std::string& doing) {
  const int number = errno;  // read before anything else can change it
  throw SystemError(number, path, doing + " " + path);
}

// A descriptor that is closed in every case.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  int descriptor;
  do {
    descriptor = ::open(path, flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int flush(int descriptor) {
#ifdef F_FULLFSYNC
  // On macOS fsync stops at the drive's own cache; file systems that do not support F_FULLFSYNC report an error.
  if (::fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
#endif
  int result;
  do {
    result = ::fsync(descriptor);
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Flushes the folder's entry for the file. Some file systems cannot do this, and a folder may be writable but not
// readable: neither makes saving fail.
void flush_folder(const std::string& target, const std::string& requested) {
  const Descriptor folder{open_retrying(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY)};
  if (folder.number < 0) return;
  if (flush(folder.number) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EBADF && errno != EROFS)
    throw_errno(requested, "cannot flush to disk the new name of");
}

std::string resolve_links(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;  // a dangling link: the link itself is replaced
  std::string target = resolved;
  std::free(resolved);
  return target;
}

void refuse_odd_target(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  if (S_ISDIR(status.st_mode)) throw SystemError(EISDIR, path, "cannot save to " + path + ", which is a folder");
  throw SystemError(EINVAL, path, "cannot save to " + path + ", which is not a regular file");
}

std::string random_name(const std::string& requested) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, 8> bytes;
  if (::getentropy(bytes.data(), bytes.size()) != 0) throw_errno(requested, "cannot create a temporary file next to");
  std::string name = ".nearabout-";
  for (const unsigned char byte : bytes) name += {kDigits[byte >> 4], kDigits[byte & 15]};
  return name + ".tmp";
}

// Creates a file with an unpredictable name in a folder and sets `path` to it; returns -1 and sets errno on failure.
int create_unnamed(const std::string& folder, int flags, mode_t mode, const std::string& requested, std::string& path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = (folder == "/" ? "" : folder) + "/" + random_name(requested);
    const int descriptor = open_retrying(name.c_str(), flags | O_CREAT | O_EXCL, mode);
    if (descriptor >= 0) path = name;
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

// Returns true if `path` refers to this open file.
bool leads_to(const std::string& path, int descriptor) {
  struct stat named, open;
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(descriptor, &open) == 0 && named.st_dev == open.st_dev &&
         named.st_ino == open.st_ino;
}

int try_lock(int descriptor) {
  int result;
  do {
    result = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result < 0 && errno == EINTR);
  return result;
}

// Removes a temporary file unless its writer is alive. Writers hold a lock on their temporary files for as long as they
// live; the lock goes with them, however they end. Whoever gets the lock may remove the file, and does so before
// releasing it. On a file system without locks nobody can get one, so nothing is removed there.
void remove_if_stale(const std::string& path) {
  const Descriptor file{open_retrying(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW)};
  struct stat status;
  if (file.number < 0 || ::fstat(file.number, &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (status.st_uid == ::geteuid() && try_lock(file.number) == 0 && leads_to(path, file.number)) ::unlink(path.c_str());
}

// Removes the temporary files of writers that have died. Failures are ignored: the caller came to write another file.
void remove_stale_files(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), &::closedir);
  if (!entries) return;
  while (const dirent* entry = ::readdir(entries.get()))
    if (is_temporary_name(entry->d_name)) remove_if_stale(folder + "/" + entry->d_name);
}

// Locks a temporary file that was just created. Returns false if another process took it for a stale one just before.
bool lock_own(const std::string& path, int descriptor) {
  if (try_lock(descriptor) == 0) return leads_to(path, descriptor);
  return errno != EWOULDBLOCK;
}

constexpr std::size_t kMaxBytes = 1 << 30;  // bytes per call: macOS refuses 2 GiB and more

void write_all(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& path,
               const std::string& doing) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor, bytes.data(), std::min(bytes.size(), kMaxBytes), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(path, doing);
    if (written == 0) throw SystemError(ENOSPC, path, doing + " " + path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

}  // namespace

Mapping::Mapping(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer. It has no effect on regular files.
  const Descriptor file{open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK)};
  if (file.number < 0) throw_errno(path, "cannot open");
  struct stat status;
  if (::fstat(file.number, &status) != 0) throw_errno(path, "cannot examine");
  if (S_ISDIR(status.st_mode)) throw SystemError(EISDIR, path, "cannot open " + path + " as an index");
  if (!S_ISREG(status.st_mode))
    throw UnknownFormatError(path + " is a pipe or a device; an index is mapped, so it must be a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // nothing to map
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.number, 0);
  if (address == MAP_FAILED) throw_errno(path, "cannot map");
  data_ = static_cast<const std::byte*>(address);
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

std::uintptr_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// Gives advice about the whole pages of some memory.
void advise_pages(std::span<const std::byte> memory, int advice) noexcept {
  const std::uintptr_t page = page_bytes();
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(memory.data() + memory.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

}  // namespace

void advise(std::span<const std::byte> mapped, Access access) noexcept {
  advise_pages(mapped, access == Access::anywhere ? MADV_RANDOM : MADV_NORMAL);
}

void will_need(std::span<const std::byte> mapped) noexcept {
  const std::uintptr_t page = page_bytes();
  const auto first = reinterpret_cast<std::uintptr_t>(mapped.data());
  const auto begin = first / page * page;
  if (!mapped.empty()) ::madvise(reinterpret_cast<void*>(begin), first - begin + mapped.size(), MADV_WILLNEED);
}

void prefer_large_pages([[maybe_unused]] std::span<std::byte> memory) noexcept {
#ifdef MADV_HUGEPAGE  // Linux
  advise_pages(memory, MADV_HUGEPAGE);
#endif
}

// Assumes whole mappings, which begin on a page boundary.
void forget(std::span<const std::byte> mapped) noexcept {
  if (!mapped.empty()) ::madvise(const_cast<std::byte*>(mapped.data()), mapped.size(), MADV_DONTNEED);
}

namespace {

bool exists(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

// Gives a new file the mode of the one that it will replace and, if the system allows it, its owner and group. If the
// system refuses, the new file stays as private as it was created.
void keep_mode_and_owner(int descriptor, const std::string& replaced) {
  struct stat before;
  struct stat now;
  if (::stat(replaced.c_str(), &before) != 0 || ::fstat(descriptor, &now) != 0) return;
  mode_t mode = before.st_mode & 07777;
  const auto owned_by = [&](uid_t user, gid_t group) { return ::fchown(descriptor, user, group) == 0; };
  if (before.st_uid != now.st_uid || before.st_gid != now.st_gid) {
    // Only the superuser can give files away; anyone can change the group to one of their own.
    const bool kept = owned_by(before.st_uid, before.st_gid);
    if (!kept && before.st_gid != now.st_gid) (void)owned_by(static_cast<uid_t>(-1), before.st_gid);
    if (!kept) mode &= 0777;
  }
  (void)::fchmod(descriptor, mode);  // after the owner, because changing that clears bits of the mode
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& target) : requested_(target), target_(resolve_links(target)) {
  if (target.empty()) throw SystemError(ENOENT, target, "cannot save to an empty path");
  refuse_odd_target(target_);
  remove_stale_files(folder_of(target_));
  // Readable only by its owner until it is published if it replaces a file, which may be private; otherwise created
  // like any new file, subject to the umask.
  const mode_t mode = exists(target_) ? 0600 : 0666;
  for (;;) {
    descriptor_ = create_unnamed(folder_of(target_), O_RDWR, mode, requested_, path_);
    if (descriptor_ < 0) throw_errno(requested_, "cannot write");
    if (lock_own(path_, descriptor_)) return;
    remove();
  }
}

TemporaryFile::~TemporaryFile() { remove(); }

void TemporaryFile::remove() noexcept {
  if (!path_.empty()) ::unlink(path_.c_str());
  for (int* const descriptor : {&descriptor_, &lock_})
    if (const int open = std::exchange(*descriptor, -1); open >= 0) ::close(open);
  path_.clear();
}

void TemporaryFile::write(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

void TemporaryFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(descriptor_, offset, bytes, requested_, "cannot write");
}

void TemporaryFile::shorten(std::uint64_t size) {
  while (::ftruncate(descriptor_, static_cast<off_t>(size)) < 0)
    if (errno != EINTR) throw_errno(requested_, "cannot write");
  size_ = size;
}

void TemporaryFile::publish() {
  keep_mode_and_owner(descriptor_, target_);
  if (flush(descriptor_) < 0) throw_errno(requested_, "cannot write");
  lock_ = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);  // keeps the lock when the first descriptor is closed
  if (lock_ < 0) throw_errno(requested_, "cannot write");
  const int descriptor = descriptor_;
  descriptor_ = -1;  // closed whether or not close reports a late error
  if (::close(descriptor) < 0 && errno != EINTR) throw_errno(requested_, "cannot write");
  refuse_odd_target(target_);
  if (::rename(path_.c_str(), target_.c_str()) < 0) throw_errno(requested_, "cannot rename the finished file to");
  path_.clear();
  ::close(std::exchange(lock_, -1));
  flush_folder(target_, requested_);
}

ReadFile::ReadFile(const std::string& path) : path_(path) {
  Descriptor file{open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK)};  // non-blocking, as for a mapping
  if (file.number < 0) throw_errno(path, "cannot open");
  struct stat status;
  if (::fstat(file.number, &status) != 0) throw_errno(path, "cannot examine");
  if (S_ISDIR(status.st_mode)) throw SystemError(EISDIR, path, "cannot read " + path);
  if (!S_ISREG(status.st_mode))
    throw InvalidInputError(
        path + " is a pipe or a device, which can only be read once and in order; copy it to a file first");
  descriptor_ = std::exchange(file.number, -1);
  before_ = stamp();
  size_ = before_->size;
}

ReadFile::~ReadFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ReadFile::Stamp ReadFile::stamp() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) throw_errno(path_, "cannot examine");
#ifdef __APPLE__
  const timespec& time = status.st_mtimespec;
#else
  const timespec& time = status.st_mtim;
#endif
  return {static_cast<std::uint64_t>(status.st_size),
          std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec}};
}

void ReadFile::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor_, to.data(), std::min(to.size(), kMaxBytes), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(path_, "cannot read");
    if (got == 0) throw_shorter();
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

ScratchFile::ScratchFile(const std::string& scratch) {
  const char* const chosen = ::getenv("TMPDIR");
  const std::string common = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
  path_ = scratch.empty() ? common : folder_of(resolve_links(scratch));
  std::string name;
  descriptor_ = create_unnamed(path_, O_RDWR, 0600, path_, name);
  if (descriptor_ < 0) throw_errno(path_, "cannot make a temporary file in");
  ::unlink(name.c_str());
}

void ScratchFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  write_all(descriptor_, offset, bytes, path_, "cannot write a temporary file in");
}

GrowingBytes::GrowingBytes(const std::string& target) : file_(std::make_unique<TemporaryFile>(target)) {}

GrowingBytes::~GrowingBytes() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

namespace {

// Reserves the disk blocks of the file up to `size`, or throws.
void reserve_file(int descriptor, std::size_t from, std::size_t size, const std::string& requested) {
  const auto end = static_cast<off_t>(size);
#ifdef __linux__
  if (size > from) {
    int failed;
    do {
      failed = ::posix_fallocate(descriptor, static_cast<off_t>(from), static_cast<off_t>(size - from));
    } while (failed == EINTR);
    if (failed != 0) throw SystemError(failed, requested, "cannot write " + requested);
    return;
  }
#endif
  if (::ftruncate(descriptor, end) != 0) throw_errno(requested, "cannot write");
}

// Resizes a mapping of `size` bytes at `old` to `wanted` bytes, possibly elsewhere; returns null if there is no room.
void* remapped(void* old, std::size_t size, std::size_t wanted, int descriptor) {
  const int flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  constexpr int kAccess = PROT_READ | PROT_WRITE;
#ifdef __linux__
  void* address = old == nullptr ? ::mmap(nullptr, wanted, kAccess, flags, descriptor, 0)
                                 : ::mremap(old, size, wanted, MREMAP_MAYMOVE);
  return address == MAP_FAILED ? nullptr : address;
#else
  void* address = ::mmap(nullptr, wanted, kAccess, flags, descriptor, 0);
  if (address == MAP_FAILED) return nullptr;
  if (old != nullptr && descriptor < 0) std::memcpy(address, old, std::min(size, wanted));
  if (old != nullptr) ::munmap(old, size);
  return address;
#endif
}

}  // namespace

void GrowingBytes::resize(std::size_t size) {
  if (size == size_) return;
  const int descriptor = file_ ? file_->descriptor_ : -1;
  if (file_ && size > size_) reserve_file(descriptor, size_, size, file_->requested_);
  void* address = remapped(data_, size_, size, descriptor);
  if (address == nullptr) throw std::bad_alloc();
  const std::size_t before = size_;
  data_ = static_cast<std::byte*>(address);
  size_ = size;
  if (file_ && size < before) reserve_file(descriptor, before, size, file_->requested_);
}

void GrowingBytes::publish() {
  if (data_ != nullptr && ::msync(data_, size_, MS_SYNC) != 0) throw_errno(file_->requested_, "cannot write");
  file_->publish();
}

bool write_to_device(const std::string& path, std::span<const std::byte> bytes) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  const Descriptor device{open_retrying(path.c_str(), O_WRONLY | O_NOCTTY)};
  if (device.number < 0) throw_errno(path, "cannot open");
  while (!bytes.empty()) {
    const ssize_t written = ::write(device.number, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(path, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace nearabout::storage::system

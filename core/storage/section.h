// One section of an open file. Its bytes are never served unverified: when any part of a 4 KiB block is first read, the
// whole block is compared with its checksum; after that the check is one look at a bit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/matrix.h"
#include "storage/layout.h"
#include "storage/system.h"

namespace nearabout::storage {

class File;

// Maps T to the element type that stores it.
template <class T>
struct ElementOf;
template <>
struct ElementOf<float> {
  static constexpr Element value = Element::f32;
};
template <>
struct ElementOf<double> {
  static constexpr Element value = Element::f64;
};
template <>
struct ElementOf<std::uint8_t> {
  static constexpr Element value = Element::u8;
};
template <>
struct ElementOf<std::int8_t> {
  static constexpr Element value = Element::i8;
};
template <>
struct ElementOf<std::uint32_t> {
  static constexpr Element value = Element::u32;
};
template <>
struct ElementOf<std::uint64_t> {
  static constexpr Element value = Element::u64;
};
template <>
struct ElementOf<std::int64_t> {
  static constexpr Element value = Element::i64;
};

// A section, owned by its File, which it must not outlive. Safe to read from any number of threads.
class Section {
 public:
  SectionId id() const { return static_cast<SectionId>(entry_.id); }
  Element element() const { return static_cast<Element>(entry_.element); }
  Shape shape() const { return {entry_.rows, entry_.columns}; }
  std::uint64_t offset() const { return entry_.offset; }
  std::uint64_t length() const { return entry_.length; }
  std::uint32_t version() const { return entry_.version; }
  bool optional() const { return (entry_.flags & kFlagOptional) != 0; }
  bool known() const;        // whether this version knows the id and its version
  std::string name() const;  // "vectors", or "section 77"

  // Returns bytes [begin, end), verified, as a pointer to byte `begin`. Throws CorruptFileError if a block does not
  // match its checksum, or if the range is not inside the section: ranges come from elsewhere in the file.
  const std::byte* checked(std::uint64_t begin, std::uint64_t end) const {
    if (begin >= end || end > entry_.length) return checked_edge(begin, end);
    const std::uint64_t last = (end - 1) / kBlockBytes;
    for (std::uint64_t block = begin / kBlockBytes; block <= last; ++block)
      if ((verified_[block / 64].load(std::memory_order_relaxed) >> block % 64 & 1) == 0) verify_block(block);
    return data_ + begin;
  }

  // Returns `count` numbers starting at number `first`, counted through the whole table. Throws CorruptFileError if the
  // file declares another element type.
  template <class T>
  std::span<const T> items(std::uint64_t first, std::uint64_t count) const {
    if (element() != ElementOf<T>::value) throw_element(ElementOf<T>::value);
    const std::uint64_t total = entry_.length / sizeof(T);
    if (first > total || count > total - first) throw_range(first * sizeof(T), entry_.length);
    return {reinterpret_cast<const T*>(checked(first * sizeof(T), (first + count) * sizeof(T))),
            static_cast<std::size_t>(count)};
  }
  template <class T>
  std::span<const T> all() const {
    return items<T>(0, entry_.length / sizeof(T));
  }
  std::string_view text() const {  // the whole section as characters
    return {reinterpret_cast<const char*>(checked(0, entry_.length)), static_cast<std::size_t>(entry_.length)};
  }

  // Returns the table unverified, for scans that call check_rows() for each range just before reading it.
  MatrixView matrix() const;
  void check_rows(std::uint64_t begin, std::uint64_t end) const {
    if (begin > end || end > entry_.rows) throw_range(begin, end);
    (void)checked(begin * stride_, end * stride_);
  }
  // Returns rows [begin, end) as a view of their own, verified.
  MatrixView rows(std::uint64_t begin, std::uint64_t end) const;

  // Throws CorruptFileError unless the section has this element type and shape: an index checks once, when it opens,
  // that its sections are as it needs them.
  void expect(Element element, Shape shape) const;

  // Advises the system how this section of a mapped file will be read.
  void advise(system::Access access) const;
  // Starts reading bytes [begin, end) of a mapped file without waiting for them.
  void will_need(std::uint64_t begin, std::uint64_t end) const;

  // Prefetches the cache line of this byte, which will be read next while another access is waited for.
  void fetch(std::uint64_t place) const {
#if defined(__GNUC__)
    if (place < entry_.length) __builtin_prefetch(data_ + place, 0, 2);
#else
    (void)place;
#endif
  }

  // Prefetches all cache lines of bytes [begin, end).
  void fetch(std::uint64_t begin, std::uint64_t end) const {
    constexpr std::uint64_t kLineBytes = 64;
    for (std::uint64_t line = begin / kLineBytes * kLineBytes; line < end; line += kLineBytes) fetch(line);
  }

 private:
  friend class File;
  Section(const File& file, const Entry& entry, std::uint64_t first_block, std::atomic<std::uint64_t>* verified);

  const std::byte* checked_edge(std::uint64_t begin, std::uint64_t end) const;
  void verify_block(std::uint64_t block) const;
  [[noreturn]] void throw_element(Element wanted) const;
  [[noreturn]] void throw_range(std::uint64_t begin, std::uint64_t end) const;

  const File* file_;
  const std::byte* data_;
  std::atomic<std::uint64_t>* verified_;  // one bit per block; two threads may both verify a block, which is harmless
  std::uint64_t stride_;                  // bytes per row
  std::uint64_t first_block_;             // index of this section's first entry in the checksums section
  Entry entry_;
};

}  // namespace nearabout::storage

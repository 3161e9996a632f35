// One section of an open file. Its bytes are never served unverified: the first time that any part of a 4 KiB block is
// asked for, the whole block is compared with its checksum; after that the check is one look at a bit.
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

// The element type that holds a T.
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

// Lives in its File and must not outlive it. Safe to read from any number of threads.
class Section {
 public:
  SectionId id() const { return static_cast<SectionId>(entry_.id); }
  Element element() const { return static_cast<Element>(entry_.element); }
  Shape shape() const { return {entry_.rows, entry_.columns}; }
  std::uint64_t offset() const { return entry_.offset; }
  std::uint64_t length() const { return entry_.length; }
  std::uint32_t version() const { return entry_.version; }
  bool optional() const { return (entry_.flags & kFlagOptional) != 0; }
  bool known() const;        // this version knows the id and its version
  std::string name() const;  // "vectors", or "section 77"

  // Bytes [begin, end), verified; the pointer is to byte `begin`. CorruptFileError where a block is not what was
  // written, and where the range is not inside the section: ranges come from elsewhere in the file.
  const std::byte* checked(std::uint64_t begin, std::uint64_t end) const {
    if (begin >= end || end > entry_.length) return checked_edge(begin, end);
    const std::uint64_t last = (end - 1) / kBlockBytes;
    for (std::uint64_t block = begin / kBlockBytes; block <= last; ++block)
      if ((verified_[block / 64].load(std::memory_order_relaxed) >> block % 64 & 1) == 0) verify_block(block);
    return data_ + begin;
  }

  // `count` numbers from number `first` on, counted through the whole table. CorruptFileError if the file says that
  // they are of another type.
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

  // The table, unverified: for scans that call check_rows() for each range just before they read it.
  MatrixView matrix() const;
  void check_rows(std::uint64_t begin, std::uint64_t end) const {
    if (begin > end || end > entry_.rows) throw_range(begin, end);
    (void)checked(begin * stride_, end * stride_);
  }
  // Rows [begin, end) as a view of their own, verified.
  MatrixView rows(std::uint64_t begin, std::uint64_t end) const;

  // CorruptFileError unless the section holds this: an index says once, when it opens, what it needs.
  void expect(Element element, Shape shape) const;

  // Tells the system how this section will be read, where it lies in a mapped file.
  void advise(system::Access access) const;
  // Has the system read bytes [begin, end) of a mapped file, without waiting for them.
  void will_need(std::uint64_t begin, std::uint64_t end) const;

  // Asks for the cache line with this byte: what is looked up next, while something else is waited for.
  void fetch(std::uint64_t place) const {
#if defined(__GNUC__)
    if (place < entry_.length) __builtin_prefetch(data_ + place, 0, 2);
#else
    (void)place;
#endif
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
  std::atomic<std::uint64_t>* verified_;  // one bit a block; two threads may both verify, which is harmless
  std::uint64_t stride_;                  // bytes of a row
  std::uint64_t first_block_;             // where this section's entries begin in the checksums section
  Entry entry_;
};

}  // namespace nearabout::storage

// A validated .near image: mapped from disk, or the same bytes in memory. Immutable; any number of threads may read it.
//
// Opening reads the header and the directory and nothing else, so it costs the same for 1 MiB and for 1 GiB. What the
// directory says is then true of the image (see validate.h); what lies in a section is verified when it is first read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/monitor.h"
#include "storage/section.h"

namespace nearabout::storage {

class Writer;

class File {
 public:
  // UnknownFormatError, TruncatedFileError, CorruptFileError, UnsupportedVersionError; SystemError where the system
  // refuses.
  static std::shared_ptr<const File> open(const std::string& path);
  // Reads the whole file into memory, for files that others truncate or overwrite in place: what happens to it
  // afterwards does not matter. CorruptFileError where it is written to meanwhile.
  static std::shared_ptr<const File> read(const std::string& path);
  // Takes an image that starts on a multiple of 64; validated like a file.
  static std::shared_ptr<const File> from_memory(AlignedBytes bytes, std::size_t size);
  // An image in memory that outlives the file.
  static std::shared_ptr<const File> view(std::span<const std::byte> image);
  // This file as it lies, but that sections which `other` has too are those of the other, and what only the other has
  // is there.
  std::shared_ptr<const File> with(std::shared_ptr<const File> other) const;

  // Writes the same bytes to `path`: after any failure the file that was there is still there. The image is verified
  // first, so that a damaged one never takes the place of a good one. Saving onto the very file that is open is fine:
  // the open image keeps the old bytes.
  void save(const std::string& path, const Monitor& monitor = {}) const;

  // Returns an image that has all in one piece: this one, or, of one that is with() another, a new one in memory.
  // Verified first, as by save().
  std::shared_ptr<const File> in_one_piece() const;

  // Compares every checksum afresh, and the padding with zero.
  void verify(const Monitor& monitor = {}) const;

  // Returns a number that differs, but for chance, where any byte of the image differs.
  std::uint64_t identity() const;

  // Gives back the memory of what was read of a mapped file; nothing else changes. Advice.
  void forget() const;

  // Sections that this version knows.
  bool has(SectionId id) const { return find(id) != nullptr; }
  const Section& section(SectionId id) const;  // CorruptFileError when absent

  // All of this image, in the order in which they lie: optional ones of later versions and the checksums too.
  std::span<const Section> sections() const { return sections_; }
  // The same, but that sections of another image which this file is with() take the place of its own.
  std::vector<const Section*> current_sections() const;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool mapped() const { return mapped_; }
  const std::string& path() const { return path_; }  // empty for an image that came from no file
  std::string name() const;                          // for sentences: the path, or "the index in memory"

  File(const File&) = delete;
  File& operator=(const File&) = delete;

 private:
  friend class Section;
  File(std::shared_ptr<const void> owner, std::span<const std::byte> image, std::string path, bool mapped);

  const Section* find(SectionId id) const;
  std::uint64_t expected_checksum(const Section& section, std::uint64_t block) const;
  std::shared_ptr<const File> rewrite(Writer& writer, const Monitor& monitor) const;
  void verify_padding(std::uint64_t begin, std::uint64_t end) const;

  std::shared_ptr<const void> owner_;  // keeps the bytes: a mapping or memory
  const std::byte* data_;
  std::size_t size_;
  std::string path_;
  bool mapped_;
  std::vector<Section> sections_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> verified_;  // words of bits, each section its own
  std::shared_ptr<const File> other_;                       // whose sections take the place of this one's
};

}  // namespace nearabout::storage

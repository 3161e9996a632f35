// A validated .near image, mapped from disk or held in memory. Immutable; any number of threads may read it.
//
// Opening reads the header and the directory only, so it takes the same time for 1 MiB and for 1 GiB. After that the
// directory is known to match the image (see validate.h); the contents of a section are verified when first read.
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
  // Opens and maps a file. Throws UnknownFormatError, TruncatedFileError, CorruptFileError or UnsupportedVersionError;
  // SystemError if a system call fails.
  static std::shared_ptr<const File> open(const std::string& path);
  // Reads the whole file into memory, for files that other programs truncate or overwrite in place: later changes to
  // the file have no effect. Throws CorruptFileError if the file is written to during the read.
  static std::shared_ptr<const File> read(const std::string& path);
  // Takes ownership of an image that starts on a multiple of 64 bytes; validates it like a file.
  static std::shared_ptr<const File> from_memory(AlignedBytes bytes, std::size_t size);
  // Opens an image in memory that outlives the returned File.
  static std::shared_ptr<const File> view(std::span<const std::byte> image);
  // Returns this file with sections replaced: sections that `other` also has are taken from `other`, and sections that
  // only `other` has are added.
  std::shared_ptr<const File> with(std::shared_ptr<const File> other) const;

  // Writes the same bytes to `path`. If that fails, a file already there is left untouched. The image is verified
  // first, so that a damaged one never replaces a good one. Saving onto the file that is currently open is fine: the
  // open image keeps the old bytes.
  void save(const std::string& path, const Monitor& monitor = {}) const;

  // Returns an image that is a single piece: this one, or, if it was made by with(), a new one in memory. Verified
  // first, as by save().
  std::shared_ptr<const File> in_one_piece() const;

  // Recomputes every checksum, and checks that the padding is zero.
  void verify(const Monitor& monitor = {}) const;

  // Returns a 64-bit hash of the image: two images that differ in any byte have different hashes, except by chance.
  std::uint64_t identity() const;

  // Releases the memory of the pages of a mapped file that have been read; nothing else changes. Advisory.
  void forget() const;

  // Looks up sections that this version knows.
  bool has(SectionId id) const { return find(id) != nullptr; }
  const Section& section(SectionId id) const;  // throws CorruptFileError if it is absent

  // Returns all sections of this image, in file order, including the checksums and optional sections of later versions.
  std::span<const Section> sections() const { return sections_; }
  // Returns the same, except that sections of the image passed to with() replace this one's.
  std::vector<const Section*> current_sections() const;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool mapped() const { return mapped_; }
  const std::string& path() const { return path_; }  // empty for an image that does not come from a file
  std::string name() const;                          // for messages: the path, or "the index in memory"

  File(const File&) = delete;
  File& operator=(const File&) = delete;

 private:
  friend class Section;
  File(std::shared_ptr<const void> owner, std::span<const std::byte> image, std::string path, bool mapped);

  const Section* find(SectionId id) const;
  std::uint64_t expected_checksum(const Section& section, std::uint64_t block) const;
  std::shared_ptr<const File> rewrite(Writer& writer, const Monitor& monitor) const;
  void verify_padding(std::uint64_t begin, std::uint64_t end) const;

  std::shared_ptr<const void> owner_;  // owns the bytes: a mapping or memory
  const std::byte* data_;
  std::size_t size_;
  std::string path_;
  bool mapped_;
  std::vector<Section> sections_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> verified_;  // words of bits; each section starts a new word
  std::shared_ptr<const File> other_;                       // the image whose sections replace this one's
};

}  // namespace nearabout::storage

#include "storage/validate.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/checked.h"
#include "base/error.h"
#include "base/xxh64.h"

namespace nearabout::storage {
namespace {

constexpr const char* kUpgrade = "Upgrade nearabout to read it, or build the file again with this version.";

void expect(const std::string& name, const char* what, std::uint64_t offset, std::uint64_t expected,
            std::uint64_t found) {
  if (expected != found) throw_corrupt(name, what, offset, std::to_string(expected), std::to_string(found));
}

// Checks the first bytes, which identify a .near file.
void check_magic(std::span<const std::byte> image, const std::string& name) {
  const std::size_t present = std::min(image.size(), kMagic.size());
  if (image.empty())
    throw UnknownFormatError(name + " is empty, so it is not a .near file. Build an index to get one.");
  if (std::memcmp(image.data(), kMagic.data(), present) != 0)
    throw UnknownFormatError(
        name +
        " is not a .near file: it does not begin with the signature of one. If it holds vectors, build an index "
        "from it: nearabout.build in Python, nearabout build in the shell.");
}

[[noreturn]] void throw_truncated(const std::string& name, std::uint64_t expected, std::uint64_t found) {
  throw TruncatedFileError(name + " is cut short: it should have " + std::to_string(expected) + " bytes and has " +
                           std::to_string(found) + ". Copy or build it again.");
}

Header read_header(std::span<const std::byte> image, const std::string& name) {
  check_magic(image, name);
  Header header;
  if (image.size() < sizeof header) throw_truncated(name, sizeof header, image.size());
  std::memcpy(&header, image.data(), sizeof header);

  // Later versions keep the magic, the version and this checksum at the same offsets, so that a flipped bit in the
  // version is not mistaken for a later version.
  const std::uint64_t checksum = xxh64(&header, offsetof(Header, checksum));
  if (checksum != header.checksum)
    throw_corrupt(name, "the header's checksum", offsetof(Header, checksum), hexadecimal(checksum),
                  hexadecimal(header.checksum));
  if (header.version > kFormatVersion)
    throw UnsupportedVersionError(name + " has format version " + std::to_string(header.version) +
                                  "; this nearabout reads up to " + std::to_string(kFormatVersion) + ". " + kUpgrade);
  expect(name, "the format version", offsetof(Header, version), kFormatVersion, header.version);
  for (const std::uint64_t reserved : header.reserved)
    expect(name, "a reserved field of the header", offsetof(Header, reserved), 0, reserved);
  if (image.size() < header.file_bytes) throw_truncated(name, header.file_bytes, image.size());
  expect(name, "the file's size", offsetof(Header, file_bytes), image.size(), header.file_bytes);
  return header;
}

// Returns the directory's bytes, after checking its offset and its checksum.
std::span<const std::byte> find_directory(std::span<const std::byte> image, const Header& header,
                                          const std::string& name) {
  if (header.sections < 1 || header.sections > kMaxSections)
    throw_corrupt(name, "the number of sections", offsetof(Header, sections), "1 to " + std::to_string(kMaxSections),
                  std::to_string(header.sections));
  const std::uint64_t entries = header.sections * sizeof(Entry);
  if (header.directory_offset < sizeof(Header) || header.directory_offset % kAlignment != 0 ||
      header.directory_offset > image.size() || entries > image.size() - header.directory_offset)
    throw_corrupt(name, "the directory's offset", offsetof(Header, directory_offset),
                  "a multiple of 64 with room for " + std::to_string(entries) + " bytes before the file's end",
                  std::to_string(header.directory_offset));
  const auto directory = image.subspan(header.directory_offset);
  const std::uint64_t checksum = xxh64(directory.data(), directory.size());
  if (checksum != header.directory_checksum)
    throw_corrupt(name, "the directory's checksum", offsetof(Header, directory_checksum), hexadecimal(checksum),
                  hexadecimal(header.directory_checksum));
  return directory;
}

std::string title(const Entry& entry) {
  const auto known = name_of(static_cast<SectionId>(entry.id));
  return known == "unknown" ? "section " + std::to_string(entry.id) : "section " + std::string(known);
}

// Checks that this version can read the section, if it is required.
void check_kind(const Entry& entry, std::uint64_t place, const std::string& name) {
  if ((entry.flags & ~kKnownFlags) != 0)
    throw_corrupt(name, "the flags of " + title(entry), place + offsetof(Entry, flags), "at most 3",
                  std::to_string(entry.flags));
  if (entry.version == 0) expect(name, "a section's version", place + offsetof(Entry, version), kSectionVersion, 0);
  if ((entry.flags & kFlagOptional) != 0 && entry.id != static_cast<std::uint32_t>(SectionId::checksums)) return;
  if (name_of(static_cast<SectionId>(entry.id)) == "unknown")
    throw UnsupportedVersionError(name + " needs section " + std::to_string(entry.id) +
                                  ", which this nearabout does not know. " + kUpgrade);
  if (entry.version > kSectionVersion)
    throw UnsupportedVersionError(name + " has " + title(entry) + " in version " + std::to_string(entry.version) +
                                  "; this nearabout reads version " + std::to_string(kSectionVersion) + ". " +
                                  kUpgrade);
}

// Checks that the section begins exactly where the previous one (which ended at `previous_end`) leaves off. Returns the
// end of the section.
std::uint64_t check_place(const Entry& entry, std::uint64_t place, std::uint64_t previous_end, std::uint64_t limit,
                          const std::string& name) {
  const Element element = static_cast<Element>(entry.element);
  if (name_of(element) == "unknown")
    throw_corrupt(name, "the element type of " + title(entry), place + offsetof(Entry, element), "1 to 10",
                  std::to_string(entry.element));
  const auto bytes = table_bytes(element, {entry.rows, entry.columns});
  if (!bytes || *bytes != entry.length)
    throw_corrupt(
        name, "the length of " + title(entry), place + offsetof(Entry, length),
        bytes ? std::to_string(*bytes) : "that of a table with columns, below 2^64",
        bytes ? std::to_string(entry.length) : std::to_string(entry.rows) + " x " + std::to_string(entry.columns));
  const auto begin = checked_round_up(previous_end, alignment_of(entry.flags));
  if (!begin || *begin != entry.offset)
    throw_corrupt(name, "the offset of " + title(entry), place + offsetof(Entry, offset),
                  begin ? std::to_string(*begin) : "below 2^64", std::to_string(entry.offset));
  const auto end = checked_add(entry.offset, entry.length);
  if (!end || *end > limit)
    throw_corrupt(name, "the length of " + title(entry), place + offsetof(Entry, length),
                  "an end at or before byte " + std::to_string(limit), std::to_string(entry.length));
  return *end;
}

// Checks that the checksums section has one u64 per block, and that the directory ends with one per block of checksums.
void check_checksums(const Entry& entry, std::uint64_t blocks, std::uint64_t tail, const std::string& name) {
  if (entry.id != static_cast<std::uint32_t>(SectionId::checksums) || entry.flags != 0 ||
      entry.element != static_cast<std::uint32_t>(Element::u64))
    throw_corrupt(name, "the last section", entry.offset, "checksums, required, of u64", title(entry));
  expect(name, "the number of checksums", entry.offset, blocks, entry.rows);
  expect(name, "the columns of checksums", entry.offset, 1, entry.columns);
  expect(name, "the size of the directory's checksums", entry.offset + entry.length,
         blocks_of(entry.length) * sizeof(std::uint64_t), tail);
}

}  // namespace

std::vector<Entry> validate(std::span<const std::byte> image, const std::string& name) {
  const Header header = read_header(image, name);
  const auto directory = find_directory(image, header, name);
  std::vector<Entry> entries(header.sections);
  std::memcpy(entries.data(), directory.data(), entries.size() * sizeof(Entry));

  std::set<std::uint32_t> ids;
  std::uint64_t end = sizeof(Header);
  std::uint64_t blocks = 0;
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const Entry& entry = entries[index];
    const std::uint64_t place = header.directory_offset + index * sizeof(Entry);
    if (!ids.insert(entry.id).second) throw_corrupt(name, "the id of a section", place, "unique", title(entry));
    check_kind(entry, place, name);
    end = check_place(entry, place, end, header.directory_offset, name);
    if (index + 1 < entries.size()) blocks += blocks_of(entry.length);
  }
  expect(name, "the directory's offset", offsetof(Header, directory_offset), checked_round_up(end, kAlignment).value(),
         header.directory_offset);
  check_checksums(entries.back(), blocks, directory.size() - entries.size() * sizeof(Entry), name);
  return entries;
}

void throw_corrupt(const std::string& name, const std::string& what, std::uint64_t offset, const std::string& expected,
                   const std::string& found) {
  throw CorruptFileError(name + " is corrupt: " + what + " (byte " + std::to_string(offset) + ") should be " +
                         expected + " and is " + found + ". Copy or build it again.");
}

std::string hexadecimal(std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[number >> shift & 15];
  return text;
}

}  // namespace nearabout::storage

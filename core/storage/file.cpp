#include "storage/file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "storage/image_memory.h"
#include "storage/system.h"
#include "storage/validate.h"
#include "storage/writer.h"

namespace nearabout::storage {
namespace {

constexpr std::uint64_t kCopyBytes = 8 << 20;  // bytes between two calls of the monitor

}  // namespace

std::shared_ptr<const File> File::open(const std::string& path) {
  auto mapping = std::make_shared<const system::Mapping>(path);
  const auto image = mapping->bytes();
  return std::shared_ptr<const File>(new File(std::move(mapping), image, path, true));
}

std::shared_ptr<const File> File::read(const std::string& path) {
  const system::ReadFile file(path);
  const std::size_t size = file.size();
  auto bytes = std::make_shared<AlignedBytes>(image_memory(size));
  file.read_at(0, {bytes->get(), size});
  file.check_unchanged();
  const std::span<const std::byte> image{bytes->get(), size};
  return std::shared_ptr<const File>(new File(std::move(bytes), image, path, false));
}

std::shared_ptr<const File> File::from_memory(AlignedBytes bytes, std::size_t size) {
  const std::span<const std::byte> image{bytes.get(), size};
  if (reinterpret_cast<std::uintptr_t>(image.data()) % kAlignment != 0)
    throw InvalidInputError("an image in memory must start on a multiple of 64 bytes; allocate it with aligned_bytes");
  return std::shared_ptr<const File>(
      new File(std::make_shared<const AlignedBytes>(std::move(bytes)), image, "", false));
}

std::shared_ptr<const File> File::view(std::span<const std::byte> image) {
  return std::shared_ptr<const File>(new File(nullptr, image, "", false));
}

std::shared_ptr<const File> File::with(std::shared_ptr<const File> other) const {
  std::shared_ptr<File> file(new File(owner_, bytes(), path_, mapped_));
  file->other_ = std::move(other);
  return file;
}

File::File(std::shared_ptr<const void> owner, std::span<const std::byte> image, std::string path, bool mapped)
    : owner_(std::move(owner)), data_(image.data()), size_(image.size()), path_(std::move(path)), mapped_(mapped) {
  const std::vector<Entry> entries = validate(image, name());
  const auto words_of = [](const Entry& entry) { return (blocks_of(entry.length) + 63) / 64; };
  std::uint64_t words = 0;
  for (const Entry& entry : entries) words += words_of(entry);
  verified_ = std::make_unique<std::atomic<std::uint64_t>[]>(words);

  sections_.reserve(entries.size());
  std::uint64_t first_block = 0;
  std::uint64_t first_word = 0;
  for (const Entry& entry : entries) {
    sections_.push_back(Section(*this, entry, first_block, verified_.get() + first_word));
    first_block += blocks_of(entry.length);
    first_word += words_of(entry);
  }
}

std::string File::name() const { return path_.empty() ? "the index in memory" : path_; }

const Section* File::find(SectionId id) const {
  if (other_ && id != SectionId::checksums)
    if (const Section* section = other_->find(id)) return section;
  for (const Section& section : sections_)
    if (section.id() == id && section.known()) return &section;
  return nullptr;
}

const Section& File::section(SectionId id) const {
  if (const Section* section = find(id)) return *section;
  throw CorruptFileError(name() + " is corrupt: it has no section " + std::string(name_of(id)) +
                         ", which it needs. Build it again.");
}

// Returns the expected checksum of a block. Checksums of blocks are in the checksums section, which is last; those of
// its own blocks end the directory, which was verified as a whole when the file was opened.
std::uint64_t File::expected_checksum(const Section& section, std::uint64_t block) const {
  const Section& checksums = sections_.back();
  if (&section != &checksums) return checksums.items<std::uint64_t>(section.first_block_ + block, 1)[0];
  const std::uint64_t tail = blocks_of(checksums.length()) * sizeof(std::uint64_t);
  std::uint64_t expected = 0;
  std::memcpy(&expected, data_ + size_ - tail + block * sizeof expected, sizeof expected);
  return expected;
}

void File::verify_padding(std::uint64_t begin, std::uint64_t end) const {
  for (std::uint64_t place = begin; place < end; ++place)
    if (data_[place] != std::byte{0})
      throw_corrupt(name(), "the padding between sections", place, "0",
                    std::to_string(std::to_integer<unsigned>(data_[place])));
}

void File::forget() const {
  if (mapped_) system::forget(bytes());
}

std::vector<const Section*> File::current_sections() const {
  std::vector<const Section*> found;
  for (const Section& section : sections_) {
    const Section* const newer = section.known() ? find(section.id()) : nullptr;
    found.push_back(newer ? newer : &section);
  }
  if (!other_) return found;
  for (const Section& section : other_->sections_)
    if (std::find(found.begin(), found.end(), &section) == found.end() && section.id() != SectionId::checksums)
      found.insert(found.end() - 1, &section);
  return found;
}

void File::verify(const Monitor& monitor) const {
  if (other_) other_->verify();
  std::uint64_t end = sizeof(Header);
  for (const Section& section : sections_) {
    verify_padding(end, section.offset());
    end = section.offset() + section.length();
    for (std::uint64_t block = 0; block < blocks_of(section.length()); ++block) {
      if (block % (kCopyBytes / kBlockBytes) == 0)
        report(monitor, static_cast<double>(section.offset() + block * kBlockBytes) / static_cast<double>(size_));
      section.verify_block(block);
    }
  }
  verify_padding(end, checked_round_up(end, kAlignment).value());
  report(monitor, 1.0);
}

void File::save(const std::string& path, const Monitor& monitor) const {
  verify(monitor ? [&](double fraction) { monitor(fraction / 2); } : Monitor{});
  if (other_) {
    Writer writer = Writer::to_path(path);
    rewrite(writer, monitor);
    return;
  }
  system::TemporaryFile file(path);
  for (std::uint64_t begin = 0; begin < size_; begin += kCopyBytes) {
    report(monitor, 0.5 + 0.5 * static_cast<double>(begin) / static_cast<double>(size_));
    file.write(bytes().subspan(begin, std::min<std::uint64_t>(kCopyBytes, size_ - begin)));
  }
  report(monitor, 1.0);  // last chance to cancel: a published file stays
  file.publish();
}

std::shared_ptr<const File> File::in_one_piece() const {
  verify();
  if (!other_) return std::shared_ptr<const File>(new File(owner_, bytes(), path_, mapped_));
  Writer writer = Writer::to_memory(size_ + other_->size_);
  return rewrite(writer, {});
}

// Hashes the header, which has the checksum of the directory, which has the checksums of the blocks that hold the
// checksums of all other blocks.
std::uint64_t File::identity() const {
  Header header;
  std::memcpy(&header, data_, sizeof header);
  return header.checksum;
}

// Copies section by section, so that the sections of two images end up in one.
std::shared_ptr<const File> File::rewrite(Writer& writer, const Monitor& monitor) const {
  for (const Section* section : current_sections()) {
    if (section->id() == SectionId::checksums) continue;
    writer.begin(section->id(), section->element(), section->shape(),
                 section->optional() ? Need::optional : Need::required);
    for (std::uint64_t begin = 0; begin < section->length(); begin += kCopyBytes) {
      report(monitor, 0.5 + 0.5 * static_cast<double>(section->offset() + begin) / static_cast<double>(size_));
      const std::uint64_t end = std::min(begin + kCopyBytes, section->length());
      writer.append({section->checked(begin, end), static_cast<std::size_t>(end - begin)});
    }
    writer.end();
  }
  report(monitor, 1.0);
  return writer.finish();
}

}  // namespace nearabout::storage

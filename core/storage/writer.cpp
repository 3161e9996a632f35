#include "storage/writer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/aligned.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/xxh64.h"
#include "storage/image_memory.h"
#include "storage/system.h"

namespace nearabout::storage {

class Writer::Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void write_header(std::span<const std::byte> header) = 0;
  virtual std::shared_ptr<const File> preview() = 0;
  virtual void shorten(std::uint64_t size) = 0;
  virtual std::shared_ptr<const File> publish() = 0;
};

namespace {

class FileSink final : public Writer::Sink {
 public:
  explicit FileSink(const std::string& path) : path_(path), file_(path) {}
  void write(std::span<const std::byte> bytes) override { file_.write(bytes); }
  void write_header(std::span<const std::byte> header) override { file_.write_at(0, header); }
  std::shared_ptr<const File> preview() override { return File::open(file_.path()); }
  void shorten(std::uint64_t size) override { file_.shorten(size); }
  std::shared_ptr<const File> publish() override {
    file_.publish();
    return File::open(path_);
  }

 private:
  std::string path_;
  system::TemporaryFile file_;
};

class MemorySink final : public Writer::Sink {
 public:
  explicit MemorySink(std::size_t expected)
      : capacity_(std::max(expected, std::size_t{1} << 16)), bytes_(image_memory(capacity_)) {}

  void write(std::span<const std::byte> bytes) override {
    if (bytes.size() > capacity_ - size_) grow(size_ + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void write_header(std::span<const std::byte> header) override {
    std::memcpy(bytes_.get(), header.data(), header.size());
  }
  std::shared_ptr<const File> preview() override { return File::view({bytes_.get(), size_}); }
  void shorten(std::uint64_t size) override { size_ = size; }
  std::shared_ptr<const File> publish() override { return File::from_memory(std::move(bytes_), size_); }

 private:
  void grow(std::size_t needed) {
    const std::size_t capacity = std::max(needed, capacity_ + capacity_ / 2);
    AlignedBytes larger = image_memory(capacity);
    std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::size_t capacity_;
  std::size_t size_ = 0;
  AlignedBytes bytes_;
};

bool on_pages(SectionId id) {
  return id == SectionId::vectors || id == SectionId::codes || id == SectionId::byte_codes ||
         id == SectionId::bound_bytes;
}

constexpr std::array<std::byte, kPageAlignment> kZeros{};
constexpr std::size_t kBufferBytes = 16 * kBlockBytes;

}  // namespace

Writer Writer::to_path(const std::string& path) { return Writer(std::make_unique<FileSink>(path)); }
Writer Writer::to_memory(std::size_t expected) { return Writer(std::make_unique<MemorySink>(expected)); }

Writer::Writer(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {
  pending_.reserve(kBufferBytes);
  // The header is written last: until then the file does not identify as a .near file.
  put(std::span(kZeros).first(sizeof(Header)));
}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

void Writer::add(SectionId id, Element element, Shape shape, std::span<const std::byte> bytes, Need need) {
  begin(id, element, shape, need);
  append(bytes);
  end();
}

void Writer::add_text(SectionId id, std::string_view text) {
  add(id, Element::u8, {text.size(), 1}, std::as_bytes(std::span(text)));
}

void Writer::begin(SectionId id, Element element, Shape shape, Need need) {
  if (id == SectionId::checksums) throw std::logic_error("the checksums section is written by finish()");
  start_entry(id, element, shape, need);
}

void Writer::start_entry(SectionId id, Element element, Shape shape, Need need) {
  if (!sink_ || open_section_)
    throw std::logic_error("begin() needs a writer that is not finished and no open section");
  leave_preview();
  for (const Entry& entry : entries_)
    if (entry.id == static_cast<std::uint32_t>(id))
      throw std::logic_error("section " + std::to_string(entry.id) + " was added before");
  if (entries_.size() >= kMaxSections) throw std::logic_error("a file has at most 1024 sections");
  const auto length = table_bytes(element, shape);
  if (!length)
    throw InvalidInputError("a table of " + std::to_string(shape.rows) + " x " + std::to_string(shape.columns) +
                            " cannot be stored; it needs at least 1 column, and fewer than 2^64 bytes");
  const std::uint32_t flags = (need == Need::optional ? kFlagOptional : 0) | (on_pages(id) ? kFlagPageAligned : 0);
  pad_to(checked_round_up(position_, alignment_of(flags)).value());
  entries_.push_back({static_cast<std::uint32_t>(id), flags, kSectionVersion, static_cast<std::uint32_t>(element),
                      position_, *length, shape.rows, shape.columns});
  open_section_ = true;
  appended_ = 0;
}

void Writer::append(std::span<const std::byte> bytes) {
  if (!open_section_) throw std::logic_error("append() needs an open section");
  if (bytes.size() > entries_.back().length - appended_)
    throw std::logic_error("more bytes than the shape has room for");
  appended_ += bytes.size();
  if (!pending_.empty()) {
    const std::size_t taken = std::min<std::size_t>(kBufferBytes - pending_.size(), bytes.size());
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (pending_.size() == kBufferBytes) flush();
  }
  // Large pieces are written directly from the caller's memory, without a copy.
  const std::size_t whole = pending_.empty() ? bytes.size() / kBufferBytes * kBufferBytes : 0;
  if (whole > 0) put_blocks(bytes.first(whole));
  pending_.insert(pending_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), bytes.end());
}

void Writer::end() {
  if (!open_section_) throw std::logic_error("end() needs an open section");
  if (appended_ != entries_.back().length)
    throw std::logic_error("a section of " + std::to_string(entries_.back().length) + " bytes was given " +
                           std::to_string(appended_));
  flush();
  open_section_ = false;
}

std::shared_ptr<const File> Writer::preview() {
  leave_preview();
  const std::vector<Entry> entries = entries_;
  const std::vector<std::uint64_t> checksums = checksums_;
  const std::uint64_t end = position_;
  put_end();
  entries_ = entries;
  checksums_ = checksums;
  end_ = end;
  return sink_->preview();
}

void Writer::leave_preview() {
  if (end_ == 0) return;
  sink_->write_header(std::span(kZeros).first(sizeof(Header)));
  sink_->shorten(end_);
  position_ = std::exchange(end_, 0);
}

std::shared_ptr<const File> Writer::finish() {
  put_end();
  const std::unique_ptr<Sink> sink = std::move(sink_);
  return sink->publish();
}

void Writer::put_end() {
  const std::vector<std::uint64_t> checksums = checksums_;
  start_entry(SectionId::checksums, Element::u64, {checksums.size(), 1}, Need::required);
  checksums_.clear();  // now collects the checksums of the checksums section itself
  append(std::as_bytes(std::span(checksums)));
  end();
  pad_to(checked_round_up(position_, kAlignment).value());
  const std::uint64_t directory_offset = position_;
  const std::vector<std::byte> bytes = directory();
  put(bytes);
  put_header(directory_offset, bytes);
}

std::vector<std::byte> Writer::directory() {
  const auto entries = std::as_bytes(std::span(entries_));
  const auto tail = std::as_bytes(std::span(checksums_));
  std::vector<std::byte> bytes(entries.begin(), entries.end());
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return bytes;
}

void Writer::put_header(std::uint64_t directory_offset, std::span<const std::byte> directory) {
  Header header{};
  header.magic = kMagic;
  header.version = kFormatVersion;
  header.sections = static_cast<std::uint32_t>(entries_.size());
  header.file_bytes = position_;
  header.directory_offset = directory_offset;
  header.directory_checksum = xxh64(directory.data(), directory.size());
  header.checksum = xxh64(&header, offsetof(Header, checksum));
  sink_->write_header(std::as_bytes(std::span(&header, 1)));
}

void Writer::flush() {
  put_blocks(pending_);
  pending_.clear();
}

// Writes bytes that begin on a block boundary; only the end of a section may fall inside a block.
void Writer::put_blocks(std::span<const std::byte> bytes) {
  for (std::size_t begin = 0; begin < bytes.size(); begin += kBlockBytes)
    checksums_.push_back(xxh64(bytes.data() + begin, std::min<std::size_t>(kBlockBytes, bytes.size() - begin)));
  put(bytes);
}

void Writer::pad_to(std::uint64_t offset) { put(std::span(kZeros).first(offset - position_)); }

void Writer::put(std::span<const std::byte> bytes) {
  sink_->write(bytes);
  position_ += bytes.size();
}

}  // namespace nearabout::storage

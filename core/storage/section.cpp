#include "storage/section.h"

#include <algorithm>

#include "base/xxh64.h"
#include "storage/file.h"
#include "storage/validate.h"

namespace nearabout::storage {

Section::Section(const File& file, const Entry& entry, std::uint64_t first_block, std::atomic<std::uint64_t>* verified)
    : file_(&file),
      data_(file.data_ + entry.offset),
      verified_(verified),
      stride_(row_bytes(static_cast<Element>(entry.element), entry.columns)),
      first_block_(first_block),
      entry_(entry) {}

bool Section::known() const { return name_of(id()) != "unknown" && version() <= kSectionVersion; }

std::string Section::name() const {
  const auto known = name_of(id());
  return known == "unknown" ? "section " + std::to_string(entry_.id) : std::string(known);
}

// Handles the rare cases of checked(): an empty range, or one that is not inside the section.
const std::byte* Section::checked_edge(std::uint64_t begin, std::uint64_t end) const {
  if (begin != end || end > entry_.length) throw_range(begin, end);
  return data_ + begin;
}

void Section::verify_block(std::uint64_t block) const {
  const std::uint64_t begin = block * kBlockBytes;
  const std::uint64_t size = std::min(kBlockBytes, entry_.length - begin);
  const std::uint64_t expected = file_->expected_checksum(*this, block);
  const std::uint64_t found = xxh64(data_ + begin, size);
  if (found != expected)
    throw_corrupt(file_->name(),
                  "the checksum of section " + name() + ", bytes " + std::to_string(begin) + " to " +
                      std::to_string(begin + size),
                  entry_.offset + begin, hexadecimal(expected), hexadecimal(found));
  verified_[block / 64].fetch_or(std::uint64_t{1} << block % 64, std::memory_order_relaxed);
}

void Section::advise(system::Access access) const {
  if (file_->mapped()) system::advise({data_, entry_.length}, access);
}

void Section::will_need(std::uint64_t begin, std::uint64_t end) const {
  if (!file_->mapped() || begin >= end || end > entry_.length) return;
  system::will_need({data_ + begin, static_cast<std::size_t>(end - begin)});
}

MatrixView Section::matrix() const { return {data_, entry_.rows, entry_.columns, stride_, element()}; }

MatrixView Section::rows(std::uint64_t begin, std::uint64_t end) const {
  check_rows(begin, end);
  return {data_ + begin * stride_, end - begin, entry_.columns, stride_, element()};
}

void Section::expect(Element element, Shape shape) const {
  if (element != this->element()) throw_element(element);
  if (shape != this->shape())
    throw_corrupt(file_->name(), "the shape of section " + name(), entry_.offset,
                  std::to_string(shape.rows) + " x " + std::to_string(shape.columns),
                  std::to_string(entry_.rows) + " x " + std::to_string(entry_.columns));
}

void Section::throw_element(Element wanted) const {
  throw_corrupt(file_->name(), "the element type of section " + name(), entry_.offset,
                std::string(nearabout::name_of(wanted)), std::string(nearabout::name_of(element())));
}

void Section::throw_range(std::uint64_t begin, std::uint64_t end) const {
  throw_corrupt(file_->name(), "a range into section " + name(), entry_.offset,
                "inside its " + std::to_string(entry_.rows) + " rows and " + std::to_string(entry_.length) + " bytes",
                std::to_string(begin) + " to " + std::to_string(end));
}

}  // namespace nearabout::storage

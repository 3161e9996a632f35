// Small images to damage, and helpers that the tests of this folder share.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/xxh64.h"
#include "storage/file.h"
#include "storage/key_map.h"
#include "storage/writer.h"

namespace nearabout::test {

using namespace nearabout::storage;
using Bytes = std::vector<std::byte>;

inline std::shared_ptr<const File> load(const Bytes& image) {
  AlignedBytes copy = aligned_bytes(image.size(), 4'096);
  if (!image.empty()) std::memcpy(copy.get(), image.data(), image.size());
  return File::from_memory(std::move(copy), image.size());
}

inline Bytes image_of(const File& file) { return {file.bytes().begin(), file.bytes().end()}; }

inline Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t place = 0; place < size; ++place) bytes[place] = static_cast<std::byte>(place * 7 + place / 256);
  return bytes;
}

// Keys packed as the builder takes them.
struct PackedKeys {
  Bytes blob;
  std::vector<std::uint64_t> offsets{0};

  explicit PackedKeys(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      const auto bytes = std::as_bytes(std::span(key));
      blob.insert(blob.end(), bytes.begin(), bytes.end());
      offsets.push_back(blob.size());
    }
  }
  KeyMapBuilder builder() const { return KeyMapBuilder::strings(blob, offsets); }
};

// Writes about 700 bytes of payload of several types, with keys: small enough to flip every byte of the file.
inline void write_small(Writer& writer) {
  writer.add_text(SectionId::metadata, R"({"made by": "a test"})");
  const std::vector<float> floats{1.0f, -2.0f, 0.5f, 8.0f, 3.0f, 2.0f};
  writer.add<float>(SectionId::row_terms, {2, 3}, floats);
  writer.add(SectionId::grid, Element::u8, {20, 10}, pattern(200));
  writer.add(SectionId::bounds, Element::bits, {3, 9}, pattern(6));
  PackedKeys({"king", "queen", "", "a\nb", std::string("nul\0!", 5)}).builder().write(writer);
}

inline Bytes small_image() {
  Writer writer = Writer::to_memory();
  write_small(writer);
  return image_of(*writer.finish());
}

// Reads everything in an image and returns it as text: equal texts mean that no reader can distinguish the images.
inline std::string contents(const std::shared_ptr<const File>& file) {
  std::string all;
  for (const Section& section : file->sections()) {
    if (section.id() == SectionId::checksums) continue;
    all += section.name() + '/' + std::string(nearabout::name_of(section.element())) + '/' +
           std::to_string(section.shape().rows) + 'x' + std::to_string(section.shape().columns) + ':';
    all += section.text();
  }
  const KeyMap keys(file);
  keys.each_string([&](std::size_t row, std::string_view key) {
    all += std::to_string(row) + '=' + std::string(key) + '@' + std::to_string(keys.row_of(key).value_or(999)) + ';';
  });
  for (std::size_t row = 0; keys.kind() == KeyKind::integers && row < keys.size(); ++row)
    all +=
        std::to_string(keys.integer_key(row)) + '@' + std::to_string(keys.row_of(keys.integer_key(row)).value_or(999));
  return all;
}

// Recomputes the checksums of header and directory, so that a mutation reaches the checks behind them.
inline void recompute_directory_checksum(Bytes& image) {
  Header header;
  std::memcpy(&header, image.data(), sizeof header);
  if (header.directory_offset <= image.size()) {
    header.directory_checksum = xxh64(image.data() + header.directory_offset, image.size() - header.directory_offset);
    std::memcpy(image.data(), &header, sizeof header);
  }
}
inline void recompute_header_checksum(Bytes& image) {
  const std::uint64_t checksum = xxh64(image.data(), offsetof(Header, checksum));
  std::memcpy(image.data() + offsetof(Header, checksum), &checksum, sizeof checksum);
}
inline void recompute_checksums(Bytes& image) {
  recompute_directory_checksum(image);
  recompute_header_checksum(image);
}

// Changes the image's header or one directory entry and recomputes the checksums.
inline Bytes with_header(Bytes image, const std::function<void(Header&)>& change) {
  Header header;
  std::memcpy(&header, image.data(), sizeof header);
  change(header);
  std::memcpy(image.data(), &header, sizeof header);
  recompute_header_checksum(image);
  return image;
}
inline Bytes with_entry(Bytes image, std::size_t index, const std::function<void(Entry&)>& change) {
  Header header;
  std::memcpy(&header, image.data(), sizeof header);
  std::byte* place = image.data() + header.directory_offset + index * sizeof(Entry);
  Entry entry;
  std::memcpy(&entry, place, sizeof entry);
  change(entry);
  std::memcpy(place, &entry, sizeof entry);
  recompute_checksums(image);
  return image;
}

}  // namespace nearabout::test

#include "index/forest/store.h"

#include "storage/items.h"

namespace nearabout::forest {

using storage::items_of;

SketchStore::SketchStore(std::size_t width, const std::string* scratch)
    : width_(width),
      codes_(width, scratch),
      offsets_(sizeof(float), scratch),
      numbers_(sizeof(std::uint32_t), scratch) {}

void SketchStore::reserve(std::size_t rows) {
  codes_.reserve(rows);
  offsets_.reserve(rows);
  numbers_.reserve(rows);
}

void SketchStore::append(const SketchedRows& rows, std::size_t count) {
  codes_.append(std::as_bytes(std::span(rows.codes, count * width_)));
  offsets_.append(std::as_bytes(std::span(rows.offsets, count)));
  numbers_.append(std::as_bytes(std::span(rows.numbers, count)));
}

SketchedRows SketchStore::read(std::size_t begin, std::size_t end, Buffers& buffers) const {
  return {items_of<std::uint8_t>(codes_.read(begin, end, buffers.codes)),
          items_of<float>(offsets_.read(begin, end, buffers.offsets)),
          items_of<std::uint32_t>(numbers_.read(begin, end, buffers.numbers))};
}

}  // namespace nearabout::forest

#include "storage/spill_buffer.h"

#include <algorithm>

namespace nearabout::storage {

SpillBuffer::SpillBuffer(std::size_t item_bytes, const std::string* scratch) : item_bytes_(item_bytes) {
  if (scratch) file_ = std::make_unique<storage::system::ScratchFile>(*scratch);
}

void SpillBuffer::reserve(std::size_t items) {
  if (!file_) memory_.reserve(items * item_bytes_);
}

void SpillBuffer::append(std::span<const std::byte> items) {
  if (file_)
    file_->append(items);
  else
    memory_.insert(memory_.end(), items.begin(), items.end());
  size_ += items.size() / item_bytes_;
}

const std::byte* SpillBuffer::read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const {
  if (!file_) return memory_.data() + begin * item_bytes_;
  buffer.resize((end - begin) * item_bytes_);
  file_->read_at(begin * item_bytes_, buffer);
  return buffer.data();
}

void SpillBuffer::write(storage::Writer& writer, storage::SectionId id, Element element, std::size_t columns,
                        storage::Need need) const {
  constexpr std::size_t kAtATime = 65'536;
  writer.begin(id, element, {size_, columns}, need);
  std::vector<std::byte> buffer;
  for (std::size_t first = 0; first < size_; first += kAtATime) {
    const std::size_t last = std::min(first + kAtATime, size_);
    writer.append({read(first, last, buffer), (last - first) * item_bytes_});
  }
  writer.end();
}

}  // namespace nearabout::storage

#include <utility>

#include "index/exact/exact.h"

namespace nearabout {

namespace {

std::optional<StoredScreen> screen_of(const storage::File& file, Metric metric, const storage::Section& vectors) {
  const std::optional<Space> space = space_of(metric);
  return space ? read_screen(file, *space, vectors) : std::nullopt;
}

}  // namespace

ExactIndex::ExactIndex(std::shared_ptr<const storage::File> file, const Descriptor& descriptor)
    : Index(std::move(file), descriptor),
      vectors_(&this->file().section(storage::SectionId::vectors)),
      screen_(screen_of(this->file(), descriptor.metric, *vectors_)),
      scan_(descriptor, *vectors_, screen_ ? &*screen_ : nullptr) {}

}  // namespace nearabout

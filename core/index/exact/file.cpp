#include <utility>

#include "index/exact/exact.h"

namespace nearabout {

std::optional<Space> space_of(Metric metric) {
  switch (metric) {
    case Metric::euclidean:
    case Metric::sqeuclidean:
      return Space::squared;
    case Metric::cosine:
      return Space::unit;
    case Metric::dot:
      return Space::inner;
    default:
      return std::nullopt;
  }
}

ExactIndex::ExactIndex(std::shared_ptr<const storage::File> file, const Descriptor& descriptor)
    : Index(std::move(file), descriptor), vectors_(&this->file().section(storage::SectionId::vectors)) {
  if (const std::optional<Space> space = space_of(descriptor.metric))
    screen_ = read_screen(this->file(), *space, *vectors_);
}

}  // namespace nearabout

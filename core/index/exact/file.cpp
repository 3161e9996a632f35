#include <utility>

#include "index/exact/exact.h"
#include "index/exact/screen.h"

namespace nearabout {

ExactIndex::ExactIndex(std::shared_ptr<const storage::File> file, const Descriptor& descriptor)
    : Index(std::move(file), descriptor),
      vectors_(&this->file().section(storage::SectionId::vectors)),
      screen_(screen_of(this->file(), descriptor, *vectors_, kScreenOfExact)),
      scan_(descriptor, *vectors_, screen_ ? &*screen_ : nullptr) {}

}  // namespace nearabout

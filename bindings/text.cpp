#include "parts.h"

namespace nearabout {

void bind_text(nanobind::module_&) {}

}  // namespace nearabout

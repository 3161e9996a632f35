#include <nanobind/nanobind.h>

#include "parts.h"

NB_MODULE(_core, m) {
  m.doc() = "The compiled core of nearabout. Private: use the nearabout package.";
  nearabout::bind_text(m);
}

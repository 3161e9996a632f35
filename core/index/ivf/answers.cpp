#include "index/ivf/answers.h"

#include "index/ivf/ivf.h"

namespace nearabout {

std::string_view name_of(Answers answers) {
  switch (answers) {
    case Answers::vectors:
      return "vectors";
    case Answers::byte_codes:
      return "int8";
    case Answers::small_codes:
      return "codes";
  }
  return "unknown";
}

bool keeps_vectors(const IvfOptions& options, Element element) {
  return options.keep_vectors || (options.refine && (element == Element::u8 || element == Element::i8));
}

Answers answers_of(const IvfOptions& options, Element element) {
  if (!options.refine) return Answers::small_codes;
  return keeps_vectors(options, element) ? Answers::vectors : Answers::byte_codes;
}

}  // namespace nearabout

#include "storage/layout.h"

#include "base/checked.h"

namespace nearabout::storage {

std::string_view name_of(SectionId id) {
  switch (id) {
    case SectionId::descriptor:
      return "descriptor";
    case SectionId::metadata:
      return "metadata";
    case SectionId::vectors:
      return "vectors";
    case SectionId::codes:
      return "codes";
    case SectionId::row_terms:
      return "row_terms";
    case SectionId::grid:
      return "grid";
    case SectionId::bounds:
      return "bounds";
    case SectionId::centre:
      return "centre";
    case SectionId::directions:
      return "directions";
    case SectionId::sketch:
      return "sketch";
    case SectionId::key_offsets:
      return "key_offsets";
    case SectionId::key_bytes:
      return "key_bytes";
    case SectionId::key_numbers:
      return "key_numbers";
    case SectionId::key_tags:
      return "key_tags";
    case SectionId::key_slots:
      return "key_slots";
    case SectionId::forest:
      return "forest";
    case SectionId::efforts:
      return "efforts";
    case SectionId::tree_nodes:
      return "tree_nodes";
    case SectionId::node_codes:
      return "node_codes";
    case SectionId::node_offsets:
      return "node_offsets";
    case SectionId::tree_rows:
      return "tree_rows";
    case SectionId::tree_codes:
      return "tree_codes";
    case SectionId::tree_offsets:
      return "tree_offsets";
    case SectionId::ivf:
      return "ivf";
    case SectionId::lift:
      return "lift";
    case SectionId::direction_bytes:
      return "direction_bytes";
    case SectionId::direction_terms:
      return "direction_terms";
    case SectionId::centroid_bytes:
      return "centroid_bytes";
    case SectionId::list_terms:
      return "list_terms";
    case SectionId::list_sizes:
      return "list_sizes";
    case SectionId::list_rows:
      return "list_rows";
    case SectionId::list_codes:
      return "list_codes";
    case SectionId::curve:
      return "curve";
    case SectionId::group_bytes:
      return "group_bytes";
    case SectionId::group_squares:
      return "group_squares";
    case SectionId::checksums:
      return "checksums";
  }
  return "unknown";
}

std::optional<std::uint64_t> table_bytes(Element element, Shape shape) {
  if (shape.columns == 0 && shape.rows != 0) return std::nullopt;
  std::uint64_t row = 0;
  if (element == Element::bits) {
    row = shape.columns / 8 + (shape.columns % 8 != 0);
  } else {
    const std::uint64_t each = row_bytes(element, 1);
    if (each == 0) return std::nullopt;
    const auto product = checked_multiply(shape.columns, each);
    if (!product) return std::nullopt;
    row = *product;
  }
  return checked_multiply(shape.rows, row);
}

}  // namespace nearabout::storage

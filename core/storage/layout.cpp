#include "storage/layout.h"

#include <utility>

#include "base/checked.h"

namespace nearabout::storage {

namespace {

constexpr std::pair<SectionId, std::string_view> kSectionNames[] = {
    {SectionId::descriptor, "descriptor"},
    {SectionId::metadata, "metadata"},
    {SectionId::vectors, "vectors"},
    {SectionId::codes, "codes"},
    {SectionId::row_terms, "row_terms"},
    {SectionId::grid, "grid"},
    {SectionId::bounds, "bounds"},
    {SectionId::centre, "centre"},
    {SectionId::directions, "directions"},
    {SectionId::sketch, "sketch"},
    {SectionId::key_offsets, "key_offsets"},
    {SectionId::key_bytes, "key_bytes"},
    {SectionId::key_numbers, "key_numbers"},
    {SectionId::key_tags, "key_tags"},
    {SectionId::key_slots, "key_slots"},
    {SectionId::tree_header, "tree_header"},
    {SectionId::tree_nodes, "tree_nodes"},
    {SectionId::node_codes, "node_codes"},
    {SectionId::node_offsets, "node_offsets"},
    {SectionId::tree_rows, "tree_rows"},
    {SectionId::tree_codes, "tree_codes"},
    {SectionId::tree_offsets, "tree_offsets"},
    {SectionId::list_header, "list_header"},
    {SectionId::transform, "transform"},
    {SectionId::direction_bytes, "direction_bytes"},
    {SectionId::direction_terms, "direction_terms"},
    {SectionId::centroid_bytes, "centroid_bytes"},
    {SectionId::list_terms, "list_terms"},
    {SectionId::list_sizes, "list_sizes"},
    {SectionId::list_rows, "list_rows"},
    {SectionId::list_codes, "list_codes"},
    {SectionId::curve, "curve"},
    {SectionId::group_bytes, "group_bytes"},
    {SectionId::group_squares, "group_squares"},
    {SectionId::distance_source, "distance_source"},
    {SectionId::byte_codes, "byte_codes"},
    {SectionId::byte_steps, "byte_steps"},
    {SectionId::byte_squares, "byte_squares"},
    {SectionId::calibrated, "calibrated"},
    {SectionId::calibration, "calibration"},
    {SectionId::adaptive_probes, "adaptive_probes"},
    {SectionId::tuning, "tuning"},
    {SectionId::screen_bounds, "screen_bounds"},
    {SectionId::screen_centre, "screen_centre"},
    {SectionId::screen_directions, "screen_directions"},
    {SectionId::screen_grid, "screen_grid"},
    {SectionId::guard, "guard"},
    {SectionId::leaf_residuals, "leaf_residuals"},
    {SectionId::bound_bytes, "bound_bytes"},
    {SectionId::bound_steps, "bound_steps"},
    {SectionId::bound_squares, "bound_squares"},
    {SectionId::bound_errors, "bound_errors"},
    {SectionId::graph_header, "graph_header"},
    {SectionId::graph_nodes, "graph_nodes"},
    {SectionId::graph_copies, "graph_copies"},
    {SectionId::graph_entries, "graph_entries"},
    {SectionId::graph_entry_panels, "graph_entry_panels"},
    {SectionId::graph_entry_squares, "graph_entry_squares"},
    {SectionId::binary_header, "binary_header"},
    {SectionId::binary_centre, "binary_centre"},
    {SectionId::binary_directions, "binary_directions"},
    {SectionId::binary_levels, "binary_levels"},
    {SectionId::sampled_bits, "sampled_bits"},
    {SectionId::hash_header, "hash_header"},
    {SectionId::hash_codes, "hash_codes"},
    {SectionId::hash_keys, "hash_keys"},
    {SectionId::hash_ends, "hash_ends"},
    {SectionId::hash_rows, "hash_rows"},
    {SectionId::quantizer_header, "quantizer_header"},
    {SectionId::quantizer_frame, "quantizer_frame"},
    {SectionId::quantizer_codebooks, "quantizer_codebooks"},
    {SectionId::quantizer_rotations, "quantizer_rotations"},
    {SectionId::quantizer_centroids, "quantizer_centroids"},
    {SectionId::quantizer_scales, "quantizer_scales"},
    {SectionId::quantizer_cell_codebooks, "quantizer_cell_codebooks"},
    {SectionId::quantizer_ranges, "quantizer_ranges"},
    {SectionId::quantizer_directions, "quantizer_directions"},
    {SectionId::quantizer_steps, "quantizer_steps"},
    {SectionId::list_code_header, "list_code_header"},
    {SectionId::list_codebooks, "list_codebooks"},
    {SectionId::list_rotations, "list_rotations"},
    {SectionId::list_cells, "list_cells"},
    {SectionId::checksums, "checksums"},
};

}  // namespace

std::string_view name_of(SectionId id) {
  for (const auto& [known, name] : kSectionNames)
    if (known == id) return name;
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

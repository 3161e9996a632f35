#include "index/ivf/list_codes_file.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "quantize/product_residuals.h"
#include "quantize/uniform_codes.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout::ivf {
namespace {

using quantize::CodeShape;
using storage::Section;
using storage::SectionId;

// Of the header of codes.
enum Field : std::size_t { kFamily, kParts, kCells, kResidual, kFields };
// Of the header of lists.
constexpr std::size_t kDirectionsField = 1;
constexpr std::size_t kBitsField = 2;

// Throws unless the code of a row fills whole lines, and not too many.
void check_lines(const storage::File& file, const Section& section, std::size_t place, const CodeShape& shape) {
  if (shape.code_bits() % 32 != 0 || shape.lines() == 0 || shape.lines() > kernels::kMaxLines)
    storage::throw_count(file, section, place, "whole lines of codes",
                         shape.parts > 0 ? shape.parts : shape.directions);
}

void check_bits(const storage::File& file, const Section& lists_header, CodeFamily family, std::size_t bits) {
  if (!are_bits_of(family, bits)) storage::throw_count(file, lists_header, kBitsField, bits_of(family), bits);
}

CodeFamily read_family(const storage::File& file, const Section& section, std::span<const std::uint64_t> header) {
  if (header[kFamily] == 0 || header[kFamily] > static_cast<std::uint64_t>(CodeFamily::random))
    storage::throw_count(file, section, kFamily, "the number of a family of codes", header[kFamily]);
  return static_cast<CodeFamily>(header[kFamily]);
}

// Throws unless a family can have these parts and cells, and be of residuals or not.
void check_counts(const storage::File& file, const Section& section, std::span<const std::uint64_t> header,
                  CodeFamily family, std::size_t directions, std::size_t lists) {
  const std::uint64_t parts = header[kParts];
  if (is_product(family) ? parts == 0 || parts > directions : parts != 0)
    storage::throw_count(file, section, kParts, "parts of product codes, at most one for each direction", parts);
  const bool local = family == CodeFamily::local;
  const std::uint64_t cells = header[kCells];
  if (cells == 0 || cells > lists || (!local && cells != 1))
    storage::throw_count(file, section, kCells, "one cell, or for local codes at most one for each list", cells);
  if (header[kResidual] > 1 || (header[kResidual] == 0 && !may_code_rows(family)))
    storage::throw_count(file, section, kResidual, "0 or 1, for codes of residuals", header[kResidual]);
}

std::vector<std::uint32_t> read_cells(const storage::File& file, std::size_t cells, std::size_t lists) {
  const Section& section = file.section(SectionId::list_cells);
  section.expect(Element::u32, {lists, 1});
  const std::span<const std::uint32_t> all = section.all<std::uint32_t>();
  for (std::size_t list = 0; list < lists; ++list)
    if (all[list] >= cells) storage::throw_count(file, section, list, "the number of a cell", all[list]);
  return {all.begin(), all.end()};
}

// Writes codebooks, or steps.
void write_learnt(storage::Writer& writer, const ListCodes& codes) {
  std::vector<float> numbers;
  for (std::size_t cell = 0; cell < codes.cells(); ++cell) {
    const std::span<const float> own = codes.of_cell(cell).learnt();
    numbers.insert(numbers.end(), own.begin(), own.end());
  }
  if (numbers.empty()) return;
  writer.add<float>(SectionId::list_codebooks, {codes.cells(), numbers.size() / codes.cells()}, numbers);
}

// Writes the rotations of cells, and which lists are in each.
void write_cells(storage::Writer& writer, const ListCodes& codes, std::size_t lists) {
  std::vector<float> rotations;
  for (std::size_t cell = 0; cell < codes.cells(); ++cell) {
    const std::vector<float>& matrix = codes.of_cell(cell).rotation()->matrix();
    rotations.insert(rotations.end(), matrix.begin(), matrix.end());
  }
  const std::size_t directions = codes.shape().directions;
  writer.add<float>(SectionId::list_rotations, {codes.cells() * directions, directions}, rotations);
  std::vector<std::uint32_t> cell_of_list(lists);
  for (std::size_t list = 0; list < lists; ++list) cell_of_list[list] = static_cast<std::uint32_t>(codes.cell_of(list));
  writer.add<std::uint32_t>(SectionId::list_cells, {lists, 1}, cell_of_list);
}

ListCodes read_products(const storage::File& file, CodeFamily family, const CodeShape& shape, std::size_t cells,
                        std::size_t lists) {
  const quantize::ProductShape product{shape.directions, shape.parts, shape.bits};
  const std::size_t words = product.words() * shape.directions;
  const Section& books = file.section(SectionId::list_codebooks);
  books.expect(Element::f32, {cells, words});
  const std::span<const float> codebooks = storage::finite_floats(file, books);
  const bool local = family == CodeFamily::local;
  std::span<const float> rotations;
  if (local) {
    const Section& stored = file.section(SectionId::list_rotations);
    stored.expect(Element::f32, {cells * shape.directions, shape.directions});
    rotations = storage::finite_floats(file, stored);
  }
  const std::size_t turns = shape.directions * shape.directions;
  std::vector<ListCodes::Codes> codes;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::span<const float> own = codebooks.subspan(cell * words, words);
    std::optional<transform::Rotation> rotation;
    if (local) {
      const std::span<const float> turned = rotations.subspan(cell * turns, turns);
      rotation.emplace(std::vector<float>(turned.begin(), turned.end()), shape.directions);
    }
    codes.push_back(std::make_shared<const quantize::ProductResiduals>(
        quantize::ProductCodebooks{product, {own.begin(), own.end()}}, std::move(rotation)));
  }
  return {std::move(codes), local ? read_cells(file, cells, lists) : std::vector<std::uint32_t>()};
}

std::vector<float> read_steps(const storage::File& file, CodeFamily family, const CodeShape& shape) {
  if (!has_steps(family, shape.bits)) return {};
  const Section& section = file.section(SectionId::list_codebooks);
  section.expect(Element::f32, {1, shape.directions});
  const std::span<const float> steps = storage::finite_floats(file, section);
  for (std::size_t j = 0; j < steps.size(); ++j)
    if (!(steps[j] > 0)) storage::throw_number(file, section, j, "above 0", double{steps[j]});
  return {steps.begin(), steps.end()};
}

}  // namespace

bool has_steps(CodeFamily family, std::size_t bits) {
  if (family == CodeFamily::scalar) return bits != 8;
  return family == CodeFamily::random && !quantize::are_code_bits(bits);
}

ListCodes leveled_codes(CodeFamily family, const CodeShape& shape, std::vector<float> steps) {
  if (has_steps(family, shape.bits))
    return ListCodes(std::make_shared<const quantize::UniformCodes>(shape, std::move(steps)));
  return ListCodes(std::make_shared<const quantize::PcaCodes>(shape));
}

void write_list_codes(storage::Writer& writer, const StoredListCodes& stored, std::size_t lists) {
  if (stored.family == CodeFamily::pca) return;
  const std::uint64_t header[] = {static_cast<std::uint64_t>(stored.family), stored.codes.shape().parts,
                                  stored.codes.cells(), stored.residual ? 1u : 0u};
  writer.add<std::uint64_t>(SectionId::list_code_header, {1, kFields}, header);
  write_learnt(writer, stored.codes);
  if (stored.family == CodeFamily::local) write_cells(writer, stored.codes, lists);
}

StoredListCodes read_list_codes(const storage::File& file, const Section& lists_header, const CodeShape& given,
                                std::size_t lists) {
  if (!file.has(SectionId::list_code_header)) {
    check_bits(file, lists_header, CodeFamily::pca, given.bits);
    check_lines(file, lists_header, kDirectionsField, given);
    return {CodeFamily::pca, leveled_codes(CodeFamily::pca, given, {}), true};
  }
  const Section& section = file.section(SectionId::list_code_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const CodeFamily family = read_family(file, section, header);
  check_bits(file, lists_header, family, given.bits);
  check_counts(file, section, header, family, given.directions, lists);
  const bool product = is_product(family);
  const CodeShape shape{given.directions, given.bits, header[kParts]};
  check_lines(file, product ? section : lists_header, product ? std::size_t{kParts} : kDirectionsField, shape);
  ListCodes codes = product ? read_products(file, family, shape, header[kCells], lists)
                            : leveled_codes(family, shape, read_steps(file, family, shape));
  return {family, std::move(codes), header[kResidual] == 1};
}

}  // namespace nearabout::ivf

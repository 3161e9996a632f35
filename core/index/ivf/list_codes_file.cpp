#include "index/ivf/list_codes_file.h"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/product_residuals.h"
#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout::ivf {
namespace {

using quantize::CodeShape;
using quantize::ProductResiduals;
using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kFamily, kParts, kCells, kFields };

std::size_t rotation_columns(std::size_t directions) { return (directions + 15) / 16 * 16; }

const ProductResiduals& cell_of(const ListCodes& codes, std::size_t cell) {
  return static_cast<const ProductResiduals&>(codes.of_cell(cell));
}

CodeShape read_product_shape(const storage::File& file, const Section& section, std::size_t directions,
                             std::size_t bits) {
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  if (header[kFamily] == 0 || header[kFamily] > static_cast<std::uint64_t>(CodeFamily::local))
    storage::throw_count(file, section, kFamily, "the number of a family of product codes", header[kFamily]);
  const std::uint64_t most = std::min<std::uint64_t>(directions, 8 * kernels::kMaxLines);
  if (header[kParts] == 0 || header[kParts] > most || header[kParts] * bits % 32 != 0 ||
      header[kParts] * bits / 32 > kernels::kMaxLines)
    storage::throw_count(file, section, kParts, "parts that fill whole lines of codes", header[kParts]);
  return {directions, bits, header[kParts]};
}

std::vector<std::uint32_t> read_cells(const storage::File& file, std::size_t cells, std::size_t lists) {
  const Section& section = file.section(SectionId::list_cells);
  section.expect(Element::u32, {lists, 1});
  const std::span<const std::uint32_t> all = section.all<std::uint32_t>();
  for (std::size_t list = 0; list < lists; ++list)
    if (all[list] >= cells) storage::throw_count(file, section, list, "the number of a cell", all[list]);
  return {all.begin(), all.end()};
}

}  // namespace

void write_list_codes(storage::Writer& writer, CodeFamily family, const ListCodes& codes, std::size_t lists) {
  if (family == CodeFamily::pca) return;
  const std::uint64_t cells = codes.cells();
  const CodeShape& shape = codes.shape();
  const std::uint64_t header[] = {static_cast<std::uint64_t>(family), shape.parts, cells};
  writer.add<std::uint64_t>(SectionId::list_code_header, {1, kFields}, header);
  std::vector<float> codebooks, rotations;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const ProductResiduals& own = cell_of(codes, cell);
    const std::vector<float>& words = own.codes().codebooks().centroids;
    codebooks.insert(codebooks.end(), words.begin(), words.end());
    rotations.insert(rotations.end(), own.rotation().begin(), own.rotation().end());
  }
  writer.add<float>(SectionId::list_codebooks, {cells, codebooks.size() / cells}, codebooks);
  if (family != CodeFamily::local) return;
  writer.add<float>(SectionId::list_rotations, {cells * shape.directions, rotation_columns(shape.directions)},
                    rotations);
  std::vector<std::uint32_t> cell_of_list(lists);
  for (std::size_t list = 0; list < lists; ++list) cell_of_list[list] = static_cast<std::uint32_t>(codes.cell_of(list));
  writer.add<std::uint32_t>(SectionId::list_cells, {lists, 1}, cell_of_list);
}

StoredListCodes read_list_codes(const storage::File& file, std::size_t directions, std::size_t bits,
                                std::size_t lists) {
  if (!file.has(SectionId::list_code_header))
    return {CodeFamily::pca, ListCodes(std::make_shared<const quantize::PcaCodes>(CodeShape{directions, bits}))};
  const Section& section = file.section(SectionId::list_code_header);
  section.expect(Element::u64, {1, kFields});
  const CodeShape shape = read_product_shape(file, section, directions, bits);
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const auto family = static_cast<CodeFamily>(header[kFamily]);
  const bool local = family == CodeFamily::local;
  const std::uint64_t cells = header[kCells];
  if (cells == 0 || cells > lists || (!local && cells != 1))
    storage::throw_count(file, section, kCells, "one cell, or for local codes as many as lists at most", cells);
  const quantize::ProductShape product{directions, shape.parts, bits};
  const std::size_t words = product.words() * directions;
  const Section& books = file.section(SectionId::list_codebooks);
  books.expect(Element::f32, {cells, words});
  const std::span<const float> codebooks = storage::finite_floats(file, books);
  const std::size_t turns = local ? directions * rotation_columns(directions) : 0;
  std::span<const float> rotations;
  if (local) {
    const Section& stored = file.section(SectionId::list_rotations);
    stored.expect(Element::f32, {cells * directions, rotation_columns(directions)});
    rotations = storage::finite_floats(file, stored);
  }
  std::vector<ListCodes::Codes> codes;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::span<const float> own = codebooks.subspan(cell * words, words);
    const std::span<const float> turned = rotations.subspan(cell * turns, turns);
    codes.push_back(std::make_shared<const ProductResiduals>(
        quantize::ProductCodebooks{product, {own.begin(), own.end()}},
        std::vector<float>(turned.begin(), turned.end())));
  }
  return {family, {std::move(codes), local ? read_cells(file, cells, lists) : std::vector<std::uint32_t>()}};
}

}  // namespace nearabout::ivf

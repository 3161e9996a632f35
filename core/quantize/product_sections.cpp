#include "quantize/product_sections.h"

#include <span>
#include <string>

#include "base/error.h"
#include "quantize/quantizer.h"
#include "storage/numbers.h"

namespace nearabout::quantize {

using storage::SectionId;

ProductShape product_shape(std::size_t dims, std::size_t size, std::size_t bits) {
  const std::size_t parts = size * 8 / bits;
  if (parts > dims)
    throw InvalidInputError("codes of " + std::to_string(size) + " bytes with " + std::to_string(bits) +
                            " bits per part have " + std::to_string(parts) + " parts, but the vectors have " +
                            std::to_string(dims) + " dims; pass a size of at most " + std::to_string(dims * bits / 8) +
                            " bytes");
  return {dims, parts, bits};
}

ProductShape stored_product_shape(const storage::File& file, std::size_t dims, std::size_t size, std::size_t bits) {
  const storage::Section& header = file.section(SectionId::quantizer_header);
  if (!are_product_bits(bits)) storage::throw_count(file, header, kBits, "4 or 8 bits", bits);
  const std::size_t parts = size * 8 / bits;
  if (parts == 0 || parts > dims)
    storage::throw_count(file, header, kSize, "1 byte up to one part per dimension", size);
  return {dims, parts, bits};
}

void write_codebooks(storage::Writer& writer, const std::vector<ProductCodebooks>& codebooks) {
  std::vector<float> centroids;
  for (const ProductCodebooks& one : codebooks)
    centroids.insert(centroids.end(), one.centroids.begin(), one.centroids.end());
  const std::size_t values = codebooks.front().centroids.size();
  writer.add<float>(SectionId::quantizer_codebooks, {codebooks.size(), values}, centroids);
}

std::vector<ProductCodebooks> read_codebooks(const storage::File& file, const ProductShape& shape, std::size_t count) {
  const storage::Section& section = file.section(SectionId::quantizer_codebooks);
  const std::size_t values = shape.words() * shape.dims;
  section.expect(Element::f32, {count, values});
  const std::span<const float> all = storage::finite_floats(file, section);
  std::vector<ProductCodebooks> codebooks;
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const float> some = all.subspan(i * values, values);
    codebooks.push_back({shape, {some.begin(), some.end()}});
  }
  return codebooks;
}

void write_rotations(storage::Writer& writer, const std::vector<transform::Rotation>& rotations) {
  std::vector<float> matrices;
  for (const transform::Rotation& one : rotations)
    matrices.insert(matrices.end(), one.matrix().begin(), one.matrix().end());
  const std::size_t dims = rotations.front().dims();
  writer.add<float>(SectionId::quantizer_rotations, {rotations.size() * dims, dims}, matrices);
}

std::vector<transform::Rotation> read_rotations(const storage::File& file, std::size_t dims, std::size_t count) {
  const storage::Section& section = file.section(SectionId::quantizer_rotations);
  section.expect(Element::f32, {count * dims, dims});
  const std::span<const float> all = storage::finite_floats(file, section);
  std::vector<transform::Rotation> rotations;
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const float> some = all.subspan(i * dims * dims, dims * dims);
    rotations.emplace_back(std::vector<float>(some.begin(), some.end()), dims);
  }
  return rotations;
}

}  // namespace nearabout::quantize

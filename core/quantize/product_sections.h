// Codebooks and rotations as sections of a file, and which product codes a size in bytes stands for.
#pragma once

#include <cstddef>
#include <vector>

#include "quantize/product_codes.h"
#include "storage/file.h"
#include "storage/writer.h"
#include "transform/rotation.h"

namespace nearabout::quantize {

// Returns the shape of product codes of `size` bytes. Throws InvalidInputError if the vectors have too few dims.
ProductShape product_shape(std::size_t dims, std::size_t size, std::size_t bits);
// The same of a file. Throws CorruptFileError.
ProductShape stored_product_shape(const storage::File& file, std::size_t dims, std::size_t size, std::size_t bits);

void write_codebooks(storage::Writer& writer, const std::vector<ProductCodebooks>& codebooks);
// Reads `count` codebooks. Throws CorruptFileError.
std::vector<ProductCodebooks> read_codebooks(const storage::File& file, const ProductShape& shape, std::size_t count);

void write_rotations(storage::Writer& writer, const std::vector<transform::Rotation>& rotations);
std::vector<transform::Rotation> read_rotations(const storage::File& file, std::size_t dims, std::size_t count);

}  // namespace nearabout::quantize

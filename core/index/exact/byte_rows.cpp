#include "index/exact/byte_rows.h"

#include <string>

#include "base/error.h"

namespace nearabout::exact {
namespace {

bool is_float(Element element) {
  return element == Element::f32 || element == Element::f16 || element == Element::bf16;
}

}  // namespace

bool can_have_byte_rows(metric::Metric metric, Element element) {
  return transform::code_space_of(metric) && is_float(element);
}

void require_byte_rows(metric::Metric metric, Element element) {
  if (!transform::code_space_of(metric))
    throw InvalidInputError("byte_rows does not support metric '" + std::string(name_of(metric)) +
                            "', only euclidean, sqeuclidean, cosine and dot; leave byte_rows out");
  if (!is_float(element))
    throw InvalidInputError("byte_rows is for vectors of floats (f32, f16, bf16); vectors of " +
                            std::string(name_of(element)) + " are as small already; leave byte_rows out");
}

void write_byte_rows_of(storage::Writer& writer, const index::ValidatedRows& source, const index::BuildOptions& options,
                        const Monitor& monitor) {
  require_byte_rows(source.metric(), source.element());
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    source.read_f32(begin, end, to);
  };
  const bool fits = options.memory == 0 || source.rows() <= options.memory / 4 / sizeof(float);
  quantize::write_byte_bounds(writer, read, source.rows(), source.dims(), *transform::code_space_of(source.metric()),
                              fits ? nullptr : &options.path, options.threads, monitor);
}

std::optional<quantize::StoredByteBounds> byte_rows_of(const storage::File& file, const index::Descriptor& descriptor) {
  const std::optional<transform::CodeSpace> space = transform::code_space_of(descriptor.metric);
  if (!space || !is_float(descriptor.element)) return std::nullopt;
  return quantize::read_byte_bounds(file, *space, descriptor.rows, descriptor.dims);
}

}  // namespace nearabout::exact

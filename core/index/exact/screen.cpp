#include "index/exact/screen.h"

#include <string>

namespace nearabout::exact {

void write_screen_of(storage::Writer& writer, const index::ValidatedRows& source, const quantize::ScreenSections& ids,
                     const index::BuildOptions& options, const Monitor& monitor, quantize::ScreenCare care) {
  const std::optional<transform::CodeSpace> space = transform::code_space_of(source.metric());
  if (!space || source.element() == Element::bits) return;
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    source.read_f32(begin, end, to);
  };
  // Memory per row: codes of at most 384 bytes, and some 40 bytes needed until all rows are encoded.
  const std::size_t row = std::min<std::size_t>(source.dims(), 384) + 40;
  const bool fits = options.memory == 0 || source.rows() <= options.memory / 4 / row;
  const std::optional<quantize::BuiltScreen> built =
      quantize::build_screen(read, source.rows(), source.dims(), source.element(), *space, care,
                             fits ? nullptr : &options.path, options.threads, monitor);
  if (built) quantize::write_screen(writer, *built, ids);
}

std::optional<quantize::StoredScreen> screen_of(const storage::File& file, const index::Descriptor& descriptor,
                                                const storage::Section& vectors, const quantize::ScreenSections& ids) {
  const std::optional<transform::CodeSpace> space = transform::code_space_of(descriptor.metric);
  if (!space || descriptor.element == Element::bits) return {};
  return quantize::read_screen(file, *space, vectors, ids);
}

}  // namespace nearabout::exact

#include "index/exact/screen.h"

#include <string>

namespace nearabout {

void write_screen_of(storage::Writer& writer, const ValidatedRows& source, const ScreenSections& ids,
                     const BuildOptions& options, const Monitor& monitor) {
  const std::optional<CodeSpace> space = code_space_of(source.metric());
  if (!space || source.element() == Element::bits) return;
  const RowReader read = [&](std::size_t begin, std::size_t end, float* to) { source.read_f32(begin, end, to); };
  // Memory per row: codes of at most 384 bytes, and some 40 bytes needed until all rows are encoded.
  const std::size_t row = std::min<std::size_t>(source.dims(), 384) + 40;
  const bool fits = options.memory == 0 || source.rows() <= options.memory / 4 / row;
  const std::optional<BuiltScreen> built = build_screen(read, source.rows(), source.dims(), source.element(), *space,
                                                        fits ? nullptr : &options.path, options.threads, monitor);
  if (built) write_screen(writer, *built, ids);
}

std::optional<StoredScreen> screen_of(const storage::File& file, const Descriptor& descriptor,
                                      const storage::Section& vectors, const ScreenSections& ids) {
  const std::optional<CodeSpace> space = code_space_of(descriptor.metric);
  if (!space || descriptor.element == Element::bits) return {};
  return read_screen(file, *space, vectors, ids);
}

}  // namespace nearabout

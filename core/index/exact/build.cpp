#include "index/exact/exact.h"

namespace nearabout {

void write_exact(storage::Writer& writer, const Source& source, const std::string& metadata,
                 const BuildOptions& options, const Monitor& monitor) {
  Descriptor descriptor;
  descriptor.kind = Kind::exact;
  descriptor.metric = source.metric();
  descriptor.element = source.element();
  descriptor.rows = source.rows();
  descriptor.dims = source.dims();
  write_descriptor(writer, descriptor);
  writer.add_text(storage::SectionId::metadata, metadata);
  if (const std::optional<Space> space = space_of(source.metric())) {
    const RowReader read = [&](std::size_t begin, std::size_t end, float* to) { source.read_f32(begin, end, to); };
    const std::optional<BuiltScreen> built = build_screen(read, source.rows(), source.dims(), source.element(), *space,
                                                          options.threads, step_of(monitor, 0.2, 0.7));
    if (built) write_screen(writer, *built);
  }
  source.write(writer, step_of(monitor, 0.7, 1.0));
}

}  // namespace nearabout

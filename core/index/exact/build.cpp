#include "index/exact/exact.h"
#include "index/exact/screen.h"

namespace nearabout::exact {

void write_exact(storage::Writer& writer, const index::ValidatedRows& source, const std::string& metadata,
                 const index::BuildOptions& options, const Monitor& monitor) {
  index::Descriptor descriptor;
  descriptor.kind = kExactNumber;
  descriptor.metric = source.metric();
  descriptor.element = source.element();
  descriptor.rows = source.rows();
  descriptor.dims = source.dims();
  index::write_descriptor(writer, descriptor);
  writer.add_text(storage::SectionId::metadata, metadata);
  write_screen_of(writer, source, quantize::kScreenOfExact, options, subprogress(monitor, 0.2, 0.7));
  source.write(writer, subprogress(monitor, 0.7, 1.0));
}

}  // namespace nearabout::exact

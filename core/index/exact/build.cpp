#include "index/exact/byte_rows.h"
#include "index/exact/exact.h"
#include "index/exact/screen.h"

namespace nearabout::exact {

void write_exact(storage::Writer& writer, const index::ValidatedRows& source, const ExactOptions& exact,
                 const std::string& metadata, const index::BuildOptions& options, const Monitor& monitor) {
  if (exact.byte_rows) require_byte_rows(source.metric(), source.element());
  index::Descriptor descriptor;
  descriptor.kind = kExactNumber;
  descriptor.metric = source.metric();
  descriptor.element = source.element();
  descriptor.rows = source.rows();
  descriptor.dims = source.dims();
  index::write_descriptor(writer, descriptor);
  writer.add_text(storage::SectionId::metadata, metadata);
  write_screen_of(writer, source, quantize::kScreenOfExact, options, subprogress(monitor, 0.2, 0.7),
                  exact.rough ? quantize::ScreenCare::rough : quantize::ScreenCare::thorough);
  if (exact.byte_rows) write_byte_rows_of(writer, source, options, subprogress(monitor, 0.7, 0.8));
  source.write(writer, subprogress(monitor, 0.8, 1.0));
}

}  // namespace nearabout::exact

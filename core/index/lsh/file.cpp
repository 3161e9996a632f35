// The index of an open file: what it is made of, and what needs no search.
#include "index/calibration/searched_profile.h"
#include "index/exact/screen.h"
#include "index/lsh/lsh.h"
#include "index/stored_rows.h"

namespace nearabout::lsh {
namespace {

// A search compares at least as many rows as it looks for neighbours, so efforts are like the widths of walks.
std::optional<calibration::Calibration> read_calibration(const storage::File& file, std::size_t rows) {
  std::optional<calibration::Calibration> calibration = calibration::read_calibration(file);
  if (calibration) calibration->widest = static_cast<double>(rows);
  return calibration;
}

}  // namespace

LshIndex::LshIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), read_calibration(file, descriptor.rows)),
      layout_(read_lsh_layout(file, descriptor)),
      screen_(exact::screen_of(file, descriptor, *layout_.vectors, quantize::kScreenOfRows)),
      scan_(descriptor, *layout_.vectors, screen_ ? &*screen_ : nullptr) {
  for (const storage::Section* section : {layout_.vectors, layout_.keys, layout_.ends, layout_.rows})
    if (section) section->advise(storage::system::Access::anywhere);
}

// Comparing more rows than is worthwhile takes long, and hardly finds more.
std::unique_ptr<calibration::RecallProfile> LshIndex::profile(const calibration::CalibrationQueries& queries,
                                                              const index::BuildOptions& build,
                                                              const Monitor& monitor) const {
  constexpr double kFoundEnough = 0.9995;
  return std::make_unique<calibration::SearchedProfile>(
      *this, queries, build, monitor, calibration::SearchedProfile::Until{.found = kFoundEnough, .worthwhile = true});
}

void LshIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  index::copy_row(*layout_.vectors, row, row_bytes(descriptor().element, dims()), to);
}

}  // namespace nearabout::lsh

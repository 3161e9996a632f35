// A screen in a file: see docs/explanation/file-format.md.
#pragma once

#include <cstdint>
#include <optional>

#include "quantize/contraction_file.h"
#include "quantize/screen.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

// A screen stored in a file, which must outlive it.
struct StoredScreen {
  Screen screen;
  // rows x outputs bytes: the section of codes, or that of vectors if these are bytes.
  const storage::Section* codes = nullptr;
  const storage::Section* terms = nullptr;
  std::uint8_t flip = 0;
};

// The sections of a screen: those of the exact kind, and those of a screen added to another kind.
struct ScreenSections {
  storage::SectionId bounds = storage::SectionId::bounds;
  ProjectionSections projection = {};
};
inline constexpr ScreenSections kScreenOfExact{};
inline constexpr ScreenSections kScreenOfRows{
    storage::SectionId::screen_bounds,
    {storage::SectionId::screen_centre, storage::SectionId::screen_directions, storage::SectionId::screen_grid}};

void write_screen(storage::Writer& writer, const BuiltScreen& built, const ScreenSections& ids);

// Returns nullopt if the file has no screen. Throws CorruptFileError if its parts do not match the vectors or each
// other.
std::optional<StoredScreen> read_screen(const storage::File& file, transform::CodeSpace space,
                                        const storage::Section& vectors, const ScreenSections& ids);

}  // namespace nearabout::quantize

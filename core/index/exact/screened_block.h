// The screen of some rows: their codes, offsets and errors (quantize/screen.h), of consecutive rows or of listed ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/exact/scanned_rows.h"
#include "kernels/kernels.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

struct ScreenedBlock {
  std::uint32_t first;
  const std::uint32_t* list;  // rows; null if they are those from `first` on
  std::size_t rows;
  MatrixView codes;  // of these rows; if listed, of all rows
  const float* offsets;
  const float* errors;

  std::uint32_t row(std::size_t place) const { return list ? list[place] : first + static_cast<std::uint32_t>(place); }
  kernels::Rows code_rows() const { return {codes.data, codes.stride, list, rows}; }
};

// Reads blocks. A block is valid until the next one is read.
class BlockReader {
 public:
  BlockReader(const quantize::StoredScreen& stored, const ScannedRows& scanned, std::size_t all_rows)
      : stored_(stored), scanned_(scanned), all_rows_(all_rows) {}

  // Returns the rows at places [place, place + rows) of those that are scanned. Offsets of rows to be left out are NaN,
  // so that these are never hits.
  ScreenedBlock read(std::size_t place, std::size_t rows);
  // Packs the codes of up to kPanelRows rows of a block, from number `begin` on, into a panel.
  void pack(const ScreenedBlock& block, std::size_t begin, std::size_t rows, std::uint8_t* panel);

 private:
  ScreenedBlock listed(const std::uint32_t* list, std::size_t rows);
  const float* masked(const float* offsets, std::size_t first, std::size_t rows);

  const quantize::StoredScreen& stored_;
  const ScannedRows& scanned_;
  std::size_t all_rows_;
  std::vector<float> offsets_, errors_;
  std::vector<std::byte> gathered_;
};

}  // namespace nearabout::exact

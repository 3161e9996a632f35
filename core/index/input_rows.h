// Rows on their way in, wherever they are: in memory, or in a file that may be larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/element.h"
#include "base/matrix.h"
#include "storage/system.h"

namespace nearabout {

// How rows lie in a file.
struct RowLayout {
  Element element = Element::f32;
  std::size_t rows = 0;
  std::size_t dims = 0;
  std::uint64_t offset = 0;  // bytes before the first row
  std::uint64_t stride = 0;  // bytes from one row to the next
};

// A file is read and not mapped: mapped pages count as memory of this process as soon as they are touched, and a pass
// over all rows touches all of them.
class InputRows {
 public:
  // Rows in memory that outlives this; a view will do wherever an Input is asked for.
  InputRows(MatrixView rows) : rows_(rows) {}
  // TruncatedFileError where the file is too short for the rows; CorruptFileError for a layout that no file can have.
  InputRows(std::shared_ptr<const storage::system::ReadFile> file, const RowLayout& layout);

  std::size_t rows() const { return rows_.rows; }
  std::size_t dims() const { return rows_.dims; }
  Element element() const { return rows_.element; }

  // As many rows as are worth reading at once: about 1 MiB, one at least.
  std::size_t block_rows() const;
  // Rows [begin, end): where they lie, or read into `buffer`, which is made large enough and outlives the view. Any
  // number of threads may read, each into a buffer of its own.
  MatrixView read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const;
  // CorruptFileError where the file was written to since it was opened.
  void check_unchanged() const;

 private:
  MatrixView rows_;  // without data where they are in a file
  std::shared_ptr<const storage::system::ReadFile> file_;
  std::uint64_t offset_ = 0;
};

}  // namespace nearabout

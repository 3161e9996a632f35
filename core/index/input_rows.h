// The rows that an index is built from: in memory, or in a file that may be larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/element.h"
#include "base/matrix.h"
#include "storage/system.h"

namespace nearabout::index {

// The layout of rows in a file.
struct RowLayout {
  Element element = Element::f32;
  std::size_t rows = 0;
  std::size_t dims = 0;
  std::uint64_t offset = 0;  // bytes before the first row
  std::uint64_t stride = 0;  // bytes from one row to the next
};

// Reads files instead of mapping them: a mapped page counts as memory of this process once it is touched, and a pass
// over all rows touches every page.
class InputRows {
 public:
  // Takes rows in memory, which must outlive this. Implicit, so that functions of InputRows take a view.
  InputRows(MatrixView rows) : rows_(rows) {}
  // Throws TruncatedFileError if the file is too short for the rows, CorruptFileError if the layout is impossible.
  InputRows(std::shared_ptr<const storage::system::ReadFile> file, const RowLayout& layout);

  std::size_t rows() const { return rows_.rows; }
  std::size_t dims() const { return rows_.dims; }
  Element element() const { return rows_.element; }

  // Returns the number of rows to read at once: about 1 MiB of them, at least one.
  std::size_t block_rows() const;
  // Returns a view of rows [begin, end) in memory, or reads them into `buffer`, which is resized and must outlive the
  // view. Thread-safe with one buffer per thread.
  MatrixView read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const;
  // Throws CorruptFileError if the file was written to since it was opened.
  void check_unchanged() const;

 private:
  MatrixView rows_;  // has no data if the rows are in a file
  std::shared_ptr<const storage::system::ReadFile> file_;
  std::uint64_t offset_ = 0;
};

}  // namespace nearabout::index

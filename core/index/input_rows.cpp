#include "index/input_rows.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/checked.h"
#include "base/error.h"

namespace nearabout::index {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

// Returns the offset after the last row; nullopt if it overflows.
std::optional<std::uint64_t> end_of(const RowLayout& layout) {
  if (layout.rows == 0) return layout.offset;
  const auto before_last = checked_multiply(layout.rows - 1, layout.stride);
  const auto whole = before_last ? checked_add(*before_last, row_bytes(layout.element, layout.dims)) : std::nullopt;
  return whole ? checked_add(*whole, layout.offset) : std::nullopt;
}

}  // namespace

InputRows::InputRows(std::shared_ptr<const storage::system::ReadFile> file, const RowLayout& layout)
    : rows_{nullptr, layout.rows, layout.dims, static_cast<std::size_t>(layout.stride), layout.element},
      file_(std::move(file)),
      offset_(layout.offset) {
  const std::string shape = std::to_string(layout.rows) + " rows of " + std::to_string(layout.dims) + " dims, " +
                            std::to_string(layout.stride) + " bytes apart from byte " + std::to_string(layout.offset);
  const bool possible = layout.dims > 0 && checked_multiply(layout.dims, sizeof(double)) &&
                        layout.stride <= std::numeric_limits<std::size_t>::max() &&
                        layout.stride >= row_bytes(layout.element, layout.dims);
  const auto end = possible ? end_of(layout) : std::nullopt;
  if (!end)
    throw CorruptFileError(file_->path() + " cannot have " + shape + ": its header is wrong, get the file again");
  if (*end > file_->size())
    throw TruncatedFileError(file_->path() + " is " + std::to_string(file_->size()) + " bytes long, too short for " +
                             shape + ": get the file again");
}

std::size_t InputRows::block_rows() const {
  return std::max<std::size_t>(1, kChunkBytes / std::max<std::size_t>(1, rows_.stride));
}

MatrixView InputRows::read(std::size_t begin, std::size_t end, std::vector<std::byte>& buffer) const {
  MatrixView view = rows_;
  view.rows = end - begin;
  if (!file_) {
    view.data = rows_.row(begin);
    return view;
  }
  if (begin == end) return view;
  const std::size_t size = (end - begin - 1) * rows_.stride + row_bytes(rows_.element, rows_.dims);
  if (buffer.size() < size) buffer.resize(size);
  file_->read_at(offset_ + std::uint64_t{begin} * rows_.stride, {buffer.data(), size});
  view.data = buffer.data();
  return view;
}

void InputRows::check_unchanged() const {
  if (file_) file_->check_unchanged();
}

}  // namespace nearabout::index

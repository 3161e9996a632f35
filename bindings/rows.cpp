// Rows in files for Python: those of an existing file, and those written to a scratch file to be read again.
#include "rows.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "bindings.h"
#include "gil.h"

namespace nearabout {
namespace {

using storage::system::ReadFile;
using storage::system::ScratchFile;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using namespace nb::literals;

index::RowLayout layout_of(std::uint64_t offset, std::uint64_t stride, std::size_t rows, std::size_t dims,
                           const std::string& dtype) {
  if (const std::optional<Element> element = element_from_name(dtype)) return {*element, rows, dims, offset, stride};
  throw InvalidInputError("dtype '" + dtype + "' is unknown");
}

// Returns the bytes of some rows, one row after another.
auto read_rows(const RowsInFile& self, std::size_t begin, std::size_t end) {
  const index::InputRows& input = self.input;
  if (begin > end || end > input.rows())
    throw InvalidInputError("there are no rows " + std::to_string(begin) + " to " + std::to_string(end) +
                            "; the input has " + std::to_string(input.rows()) + " rows");
  const std::size_t bytes = row_bytes(input.element(), input.dims());
  std::vector<std::uint8_t> packed((end - begin) * bytes);
  {
    const ReleasedGil released;
    std::vector<std::byte> buffer;
    for (std::size_t row = begin, step = input.block_rows(); row < end; row += step) {
      const MatrixView rows = input.read(row, std::min(row + step, end), buffer);
      for (std::size_t i = 0; i < rows.rows; ++i)
        std::memcpy(packed.data() + (row - begin + i) * bytes, rows.row(i), bytes);
    }
  }
  return owned_array(std::move(packed), {end - begin, bytes});
}

}  // namespace

void bind_rows(nb::module_& m) {
  nb::class_<RowsInFile> rows(m, "RowsInFile");
  rows.def(
      "__init__",
      [](RowsInFile* self, const std::string& path, std::uint64_t offset, std::uint64_t stride, std::size_t count,
         std::size_t dims, const std::string& dtype) {
        const index::RowLayout layout = layout_of(offset, stride, count, dims, dtype);
        new (self) RowsInFile{index::InputRows(std::make_shared<const ReadFile>(path), layout)};
      },
      "path"_a, nb::kw_only(), "offset"_a, "stride"_a, "rows"_a, "dims"_a, "dtype"_a);
  rows.def("__len__", [](const RowsInFile& self) { return self.input.rows(); });
  rows.def("read", &read_rows, "begin"_a, "end"_a);

  nb::class_<ScratchFile> scratch(m, "ScratchFile");
  scratch.def(nb::init<const std::string&>(), "beside"_a);
  scratch.def(
      "append",
      [](ScratchFile& self, const Bytes& bytes) {
        const ReleasedGil released;
        self.append({static_cast<const std::byte*>(static_cast<const void*>(bytes.data())), bytes.size()});
      },
      "data"_a);
  scratch.def(
      "rows",
      [](const std::shared_ptr<ScratchFile>& self, std::uint64_t stride, std::size_t count, std::size_t dims,
         const std::string& dtype) {
        return RowsInFile{index::InputRows(self, layout_of(0, stride, count, dims, dtype))};
      },
      nb::kw_only(), "stride"_a, "rows"_a, "dims"_a, "dtype"_a);
}

}  // namespace nearabout

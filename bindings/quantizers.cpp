// Quantizers that are used alone.
#include <string>
#include <vector>

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "base/convert.h"
#include "bindings.h"
#include "gil.h"
#include "quantize/quantizer.h"

namespace nearabout {
namespace {

using namespace nb::literals;
using quantize::Quantizer;
using CodeMatrix = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

MatrixView view_of(const AnyArray& vectors, std::size_t dims, const std::string& dtype) {
  const std::optional<Element> element = element_from_name(dtype);
  if (!element || *element == Element::bits) throw InvalidInputError("dtype '" + dtype + "' is unknown");
  return matrix_view(vectors, dims, *element);
}

std::shared_ptr<const Quantizer> learn(const std::string& method, const AnyArray& vectors, std::size_t dims,
                                       const std::string& dtype, const nb::dict& settings, std::size_t threads,
                                       nb::object monitor) {
  const quantize::QuantizerMethod& known = quantize::method_named(method);
  const MatrixView view = view_of(vectors, dims, dtype);
  const auto number = [&](const char* name) { return nb::cast<std::uint64_t>(settings[name]); };
  const quantize::QuantizerSettings given{number("size"), number("bits"), number("cells"), number("one_step"),
                                          number("seed")};
  const Monitor watch = python_monitor(std::move(monitor));
  const ReleasedGil released;
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    for (std::size_t row = begin; row < end; ++row)
      to_f32(view.element, view.row(row), dims, to + (row - begin) * dims);
  };
  return Quantizer::learn(known, read, view.rows, dims, given, threads, watch);
}

void check_codes(const Quantizer& self, const CodeMatrix& codes) {
  if (codes.shape(1) != self.code_bytes())
    throw InvalidInputError("the codes have " + std::to_string(codes.shape(1)) + " bytes each; this quantizer's have " +
                            std::to_string(self.code_bytes()));
}

auto encode(const Quantizer& self, const AnyArray& vectors, const std::string& dtype, std::size_t threads) {
  const MatrixView view = view_of(vectors, self.dims(), dtype);
  const Monitor watch = interruption_monitor();
  NewArray<std::uint8_t> codes(view.rows * self.code_bytes(), {view.rows, self.code_bytes()});
  {
    const ReleasedGil released;
    self.encode(view, threads, codes.data, watch);
  }
  return codes.array;
}

auto decode(const Quantizer& self, const CodeMatrix& codes, std::size_t threads) {
  check_codes(self, codes);
  const Monitor watch = interruption_monitor();
  NewArray<float> vectors(codes.shape(0) * self.dims(), {codes.shape(0), self.dims()});
  {
    const ReleasedGil released;
    self.decode(codes.data(), codes.shape(0), threads, vectors.data, watch);
  }
  return vectors.array;
}

auto distances(const Quantizer& self, const FloatMatrix& queries, const CodeMatrix& codes, std::size_t threads) {
  check_codes(self, codes);
  if (queries.shape(1) != self.dims()) throw InvalidInputError("the queries have other dims than the quantizer");
  const Monitor watch = interruption_monitor();
  NewArray<float> result(queries.shape(0) * codes.shape(0), {queries.shape(0), codes.shape(0)});
  {
    const ReleasedGil released;
    self.distances(queries.data(), queries.shape(0), codes.data(), codes.shape(0), threads, result.data, watch);
  }
  return result.array;
}

nb::dict details(const Quantizer& self) {
  nb::dict result;
  const quantize::QuantizerSettings& settings = self.settings();
  result["method"] = std::string(self.method().name);
  result["dims"] = self.dims();
  result["code_bytes"] = self.code_bytes();
  result["rows"] = self.rows();
  result["sample_rows"] = self.sample_rows();
  result["size"] = settings.size;
  result["bits"] = settings.bits;
  result["cells"] = settings.cells;
  result["one_step"] = settings.one_step;
  result["seed"] = settings.seed;
  return result;
}

}  // namespace

void bind_quantizers(nb::module_& m) {
  nb::class_<Quantizer>(m, "Quantizer")
      .def_static("learn", &learn, "method"_a, "vectors"_a, "dims"_a, "dtype"_a, "settings"_a, "threads"_a,
                  "monitor"_a.none())
      .def_static(
          "load",
          [](const std::string& path) {
            const ReleasedGil released;
            return Quantizer::read(*storage::File::read(path));
          },
          "path"_a)
      .def_static(
          "from_bytes",
          [](const nb::bytes& image) {
            AlignedBytes bytes = aligned_bytes(image.size());
            std::memcpy(bytes.get(), image.c_str(), image.size());
            return Quantizer::read(*storage::File::from_memory(std::move(bytes), image.size()));
          },
          "image"_a)
      .def(
          "save",
          [](const Quantizer& self, const std::string& path) {
            const ReleasedGil released;
            self.write(storage::Writer::to_path(path));
          },
          "path"_a)
      .def("to_bytes",
           [](const Quantizer& self) {
             const auto file = self.write(storage::Writer::to_memory());
             return nb::bytes(static_cast<const void*>(file->bytes().data()), file->bytes().size());
           })
      .def("encode", &encode, "vectors"_a, "dtype"_a, "threads"_a)
      .def("decode", &decode, "codes"_a, "threads"_a)
      .def("distances", &distances, "queries"_a, "codes"_a, "threads"_a)
      .def("details", &details);
}

}  // namespace nearabout

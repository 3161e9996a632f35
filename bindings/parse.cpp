// The parsers and the writer of core/parse for Python. Problems in the input are returned as tuples, from which Python
// makes the message.
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "base/error.h"
#include "bindings.h"
#include "gil.h"
#include "parse/delimited.h"
#include "parse/line_writer.h"
#include "parse/lines.h"
#include "parse/records.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace nearabout {
namespace {

using parse::CollectOptions;
using parse::Collector;
using parse::InvalidUtf8;
using parse::LineParser;
using parse::Problem;
using parse::RecordParser;

const char* name_of(Problem::Kind kind) {
  switch (kind) {
    case Problem::Kind::too_few_numbers:
      return "too_few_numbers";
    case Problem::Kind::too_many_numbers:
      return "too_many_numbers";
    case Problem::Kind::not_a_number:
      return "not_a_number";
    case Problem::Kind::not_utf8:
      return "not_utf8";
    case Problem::Kind::more_rows:
      return "more_rows";
    case Problem::Kind::truncated:
      return "truncated";
  }
  return "unknown";
}

nb::object as_object(const std::optional<Problem>& problem) {
  if (!problem) return nb::none();
  return nb::make_tuple(name_of(problem->kind), problem->place, problem->found,
                        nb::bytes(problem->token.data(), problem->token.size()));
}

InvalidUtf8 invalid_utf8_of(std::string_view name) {
  if (name == "strict") return InvalidUtf8::strict;
  if (name == "replace") return InvalidUtf8::replace;
  if (name == "ignore") return InvalidUtf8::ignore;
  throw nb::value_error("errors must be strict, replace or ignore");
}

CollectOptions options_of(std::size_t dims, std::optional<std::uint64_t> announced_rows, std::size_t reserved_rows,
                          const std::string& errors, bool skip_bad) {
  if (dims == 0) throw nb::value_error("dims must be 1 or more");
  return {dims, announced_rows, reserved_rows, invalid_utf8_of(errors), skip_bad};
}

// Returns a one-dimensional NumPy array that owns the vector.
template <class To, class From>
auto as_array(std::vector<From> values) {
  auto owned = std::make_unique<std::vector<From>>(std::move(values));
  const std::size_t size = owned->size();
  auto* data = reinterpret_cast<To*>(owned->data());
  const nb::capsule owner(owned.release(), [](void* p) noexcept { delete static_cast<std::vector<From>*>(p); });
  return nb::ndarray<nb::numpy, To, nb::ndim<1>>(data, {size}, owner);
}

nb::object take_rows(Collector& collector) {
  const std::size_t rows = collector.rows();
  parse::FloatMemory memory = collector.take_rows();
  float* const data = memory.release();
  const nb::capsule owner(data, [](void* p) noexcept { std::free(p); });
  return nb::cast(nb::ndarray<nb::numpy, float, nb::ndim<2>>(data, {rows, collector.dims()}, owner));
}

nb::object take_keys(parse::KeyTable& table) {
  parse::KeyTable::Packed keys = table.take();
  return nb::make_tuple(as_array<std::uint8_t>(std::move(keys.blob)), as_array<std::uint64_t>(std::move(keys.offsets)));
}

template <class Parser>
nb::object feed(Parser& parser, const nb::bytes& piece) {
  std::optional<Problem> problem;
  {
    const ReleasedGil released;
    problem = parser.feed(std::string_view(static_cast<const char*>(piece.data()), piece.size()));
  }
  return as_object(problem);
}

template <class Parser>
void define_parts(nb::class_<Parser>& parser) {
  parser.def("feed", &feed<Parser>, "piece"_a);
  parser.def("finish", [](Parser& self) { return as_object(self.finish()); });
  parser.def("take_rows", [](Parser& self) { return take_rows(self.collected()); });
  parser.def("take_keys", [](Parser& self) { return take_keys(self.collected().keys); });
  parser.def_prop_ro("rows_waiting", [](Parser& self) { return self.collected().rows(); });
  parser.def_prop_ro("key_bytes", [](Parser& self) { return self.collected().keys.bytes(); });
  parser.def_prop_ro("place", &Parser::place);
  parser.def_prop_ro("waiting_bytes", &Parser::waiting_bytes);
  parser.def_prop_ro("skipped", [](Parser& self) { return self.collected().counts.skipped; });
  parser.def_prop_ro("first_skipped", [](Parser& self) {
    nb::list problems;
    for (const Problem& problem : self.collected().first_skipped) problems.append(as_object(problem));
    return problems;
  });
  parser.def_prop_ro("rows_read", [](Parser& self) { return self.collected().counts.rows_read; });
  parser.def_prop_ro("duplicates", [](Parser& self) { return self.collected().counts.duplicates; });
  parser.def_prop_ro("bytes_repaired", [](Parser& self) { return self.collected().counts.bytes_repaired; });
  parser.def_prop_ro("blank_lines", [](Parser& self) { return self.collected().counts.blank_lines; });
}

using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Offsets = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Returns the number of keys, after checking that their offsets are inside the blob.
std::size_t count_keys(const Bytes& blob, const Offsets& offsets) {
  const std::uint64_t* const places = offsets.data();
  const std::size_t count = offsets.size() == 0 ? 0 : offsets.size() - 1;
  for (std::size_t row = 0; row < count; ++row) {
    if (places[row] > places[row + 1] || places[row + 1] > blob.size()) {
      throw nb::value_error("offsets must not fall, nor exceed the size of the blob");
    }
  }
  return count;
}

// Inserts keys into a table and returns which of them are new, as their positions among the given keys.
auto insert_keys(parse::KeyTable& table, const Bytes& blob, const Offsets& offsets) {
  const auto* const bytes = reinterpret_cast<const char*>(blob.data());
  const std::uint64_t* const places = offsets.data();
  const std::size_t count = count_keys(blob, offsets);
  std::vector<std::int64_t> kept;
  {
    const ReleasedGil released;
    for (std::size_t row = 0; row < count; ++row) {
      const auto size = static_cast<std::size_t>(places[row + 1] - places[row]);
      if (table.insert({bytes + places[row], size})) kept.push_back(static_cast<std::int64_t>(row));
    }
  }
  return as_array<std::int64_t>(std::move(kept));
}

nb::bytes lines_of(const FloatMatrix& vectors, const Bytes& blob, const Offsets& offsets) {
  if (count_keys(blob, offsets) != vectors.shape(0)) throw nb::value_error("one key a vector is needed");
  std::string text;
  {
    const ReleasedGil released;
    text = parse::lines_of({reinterpret_cast<const char*>(blob.data()), offsets.data(), vectors.data(),
                            vectors.shape(0), vectors.shape(1)});
  }
  return nb::bytes(text.data(), text.size());
}

// Returns the bytes of the numbers and those of the key, or None. Called for every line, so it does not release the
// GIL.
nb::object read_delimited(const nb::bytes& line, char delimiter, std::size_t dims,
                          std::optional<std::size_t> key_column) {
  if (dims == 0 || delimiter == '"') throw nb::value_error("dims must be 1 or more, the delimiter no quote");
  std::vector<float> row(dims);
  std::string key;
  const std::string_view text(static_cast<const char*>(line.data()), line.size());
  if (!parse::read_delimited(text, {delimiter, dims, key_column}, row.data(), key)) return nb::none();
  return nb::make_tuple(nb::bytes(row.data(), dims * sizeof(float)), nb::bytes(key.data(), key.size()));
}

}  // namespace

void bind_text(nb::module_& m) {
  nb::class_<LineParser> lines(m, "LineParser");
  lines.def(
      "__init__",
      [](LineParser* self, std::size_t dims, std::optional<std::uint64_t> announced_rows, std::size_t reserved_rows,
         const std::string& errors, bool skip_bad, std::uint64_t first_line, bool fractions_in_keys) {
        const auto options = options_of(dims, announced_rows, reserved_rows, errors, skip_bad);
        new (self) LineParser(options, first_line, fractions_in_keys);
      },
      nb::kw_only(), "dims"_a, "announced_rows"_a.none(), "reserved_rows"_a, "errors"_a, "skip_bad"_a = false,
      "first_line"_a, "fractions_in_keys"_a);
  define_parts(lines);

  nb::class_<RecordParser> records(m, "RecordParser");
  records.def(
      "__init__",
      [](RecordParser* self, std::size_t dims, std::uint64_t announced_rows, std::size_t reserved_rows,
         const std::string& errors, bool skip_bad, std::uint64_t first_byte) {
        new (self) RecordParser(options_of(dims, announced_rows, reserved_rows, errors, skip_bad), first_byte);
      },
      nb::kw_only(), "dims"_a, "announced_rows"_a, "reserved_rows"_a, "errors"_a, "skip_bad"_a = false, "first_byte"_a);
  define_parts(records);

  nb::class_<parse::KeyTable> table(m, "KeyTable");
  table.def(nb::init<>());
  table.def("insert", &insert_keys, "blob"_a, "offsets"_a);
  table.def("take", &take_keys);
  table.def_prop_ro("bytes", &parse::KeyTable::bytes);
  m.def("lines_of", &lines_of, "vectors"_a, "blob"_a, "offsets"_a);
  m.def("read_delimited", &read_delimited, "line"_a, "delimiter"_a, "dims"_a, "key_column"_a.none());
}

}  // namespace nearabout

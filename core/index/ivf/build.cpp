// Builds lists of small codes: learns from a sample, encodes every row, and writes the file.
#include <algorithm>

#include "base/error.h"
#include "index/exact/byte_rows.h"
#include "index/exact/screen.h"
#include "index/ivf/byte_rows_choice.h"
#include "index/ivf/groups.h"
#include "index/ivf/ivf.h"
#include "index/ivf/learn.h"
#include "index/ivf/list_codes_file.h"
#include "index/ivf/pack.h"
#include "kernels/kernels.h"
#include "quantize/byte_rows_build.h"
#include "quantize/directions_file.h"
#include "quantize/panels.h"
#include "quantize/transform_file.h"

namespace nearabout::ivf {
namespace {

using kernels::kBlockRows;
using storage::SectionId;

void write_panels(storage::Writer& writer, SectionId id, const std::vector<std::int8_t>& values, std::size_t dims) {
  quantize::Panels panels;
  panels.pack(values.data(), values.size() / dims, dims);
  writer.add<std::uint8_t>(id, {panels.count(), panels.panel_bytes()}, panels.all());
}

// Returns the squared norms of centroids, as searches use them.
std::vector<float> squares_of(const std::vector<std::int8_t>& values, std::size_t dims, float step) {
  std::vector<float> squares(values.size() / dims);
  for (std::size_t c = 0; c < squares.size(); ++c) {
    double square = 0;
    for (std::size_t j = 0; j < dims; ++j) {
      const double value = double{step} * values[c * dims + j];
      square += value * value;
    }
    squares[c] = static_cast<float>(square);
  }
  return squares;
}

void write_centroids(storage::Writer& writer, const LearntLists& learnt) {
  const std::size_t m = learnt.shape.directions;
  write_panels(writer, SectionId::centroid_bytes, learnt.centroids, m);
  if (learnt.lists() < kManyLists) return;
  const std::vector<std::int8_t> means = group_means(learnt.centroids, m);
  const std::vector<float> squares = squares_of(means, m, learnt.point_step);
  write_panels(writer, SectionId::group_bytes, means, m);
  writer.add<float>(SectionId::group_squares, {1, squares.size()}, squares);
}

// Data that is written after all lists are packed; until then held as the rows are, in memory or in scratch files.
struct Spills {
  Spills(const LearntLists& learnt, const std::string* scratch)
      : rows(learnt.list_columns() * sizeof(std::uint32_t), scratch),
        terms((4 + calibration::kResidualNumbers) * learnt.lists()) {}
  storage::SpillBuffer rows;
  std::vector<float> terms;  // per list: squares of centroids, offset lows and steps, scale steps, residuals
};

void write_lists(storage::Writer& writer, const LearntLists& learnt, const EncodedRows& encoded,
                 const std::vector<std::uint32_t>& sizes, const index::BuildOptions& build, const std::string* place,
                 const Monitor& monitor) {
  std::uint64_t blocks = 0;
  for (const std::uint32_t size : sizes) blocks += (std::uint64_t{size} + kBlockRows - 1) / kBlockRows;
  const std::uint64_t lists = sizes.size();
  Spills scratch(learnt, place);
  const std::vector<float> squares = squares_of(learnt.centroids, learnt.shape.directions, learnt.point_step);
  std::copy(squares.begin(), squares.end(), scratch.terms.begin());
  writer.begin(SectionId::list_codes, Element::u8, {blocks, kernels::block_bytes(learnt.shape.lines())});
  const auto take = [&](const std::vector<PackedList>& packed) {
    for (const PackedList& list : packed) {
      writer.append(std::as_bytes(std::span(list.blocks)));
      scratch.rows.append(std::as_bytes(std::span(list.rows)));
      scratch.terms[lists + list.list] = list.steps.offset_low;
      scratch.terms[2 * lists + list.list] = list.steps.offset_step;
      scratch.terms[3 * lists + list.list] = list.steps.scale_step;
      scratch.terms[4 * lists + list.list] = list.residuals.median;
      scratch.terms[5 * lists + list.list] = list.residuals.variance;
      scratch.terms[6 * lists + list.list] = list.residuals.far_rows;
      scratch.terms[7 * lists + list.list] = list.residuals.far_median;
    }
  };
  pack_lists(encoded, learnt, sizes, build.memory, build.threads, take, monitor);
  writer.end();
  scratch.rows.write(writer, SectionId::list_rows, Element::u32, learnt.list_columns());
  writer.add<float>(SectionId::list_terms, {4 + calibration::kResidualNumbers, lists}, scratch.terms);
  writer.add<std::uint32_t>(SectionId::list_sizes, {lists, 1}, sizes);
}

// Files tuned for no processor in particular, and for any workload, do without it.
void write_tuning(storage::Writer& writer, const index::Tuning& tuning) {
  if (tuning.is_default()) return;
  const std::uint64_t numbers[] = {tuning.family->number, static_cast<std::uint64_t>(tuning.workload)};
  writer.add<std::uint64_t>(SectionId::tuning, {1, 2}, numbers);
}

void check_codes(const IvfOptions& options) {
  if (options.code_bits != 0 && !are_bits_of(options.code_family, options.code_bits))
    throw InvalidInputError("codes " + std::string(name_of(options.code_family)) + " have " +
                            std::to_string(options.code_bits) + " bits; " + bits_of(options.code_family) +
                            " are allowed");
  if (!options.residual && !may_code_rows(options.code_family))
    throw InvalidInputError("codes " + std::string(name_of(options.code_family)) +
                            " are codes of residuals; residual=False is for pq, opq, sq and rabitq");
}

void check_options(const IvfOptions& options, metric::Metric metric, Element element) {
  if (!transform::code_space_of(metric) || element == Element::bits)
    throw InvalidInputError("lists of codes do not support metric '" + std::string(name_of(metric)) +
                            "', only euclidean, sqeuclidean, cosine and dot; choose kind=\"exact\" or kind=\"forest\"");
  check_codes(options);
  if (!options.byte_rows.value_or(false)) return;
  exact::require_byte_rows(metric, element);
  if (!keeps_vectors(options, element))
    throw InvalidInputError(
        "byte_rows=True says which vectors to compare, and keep_vectors=False keeps none; pass one of the two");
}

}  // namespace

void write_ivf(storage::Writer& writer, const index::ValidatedRows& source, const IvfOptions& options,
               const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor) {
  check_options(options, source.metric(), source.element());
  const std::size_t rows = source.rows();
  index::write_descriptor(writer, {kIvfNumber, source.metric(), source.element(), rows, source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  const index::DistanceSource distance_source = distance_source_of(options, source.element());
  index::write_distance_source(writer, distance_source);
  write_tuning(writer, options.tuning);
  if (rows > 0) {
    const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
      source.read_f32(begin, end, to);
    };
    const LearntLists learnt = learn(read, source, options, build.threads, subprogress(monitor, 0.2, 0.4));
    const std::size_t width = learnt.shape.bytes() + sizeof(RowHeader);
    const bool fits = build.memory == 0 || rows <= build.memory / 4 / width;
    const std::string* place = fits ? nullptr : &build.path;
    const EncodedRows encoded = encode_rows(learnt, read, rows, place, build.threads, subprogress(monitor, 0.4, 0.7));
    const std::vector<std::uint32_t> sizes = list_sizes(encoded, learnt.lists());
    const std::uint64_t header[] = {learnt.lists(), learnt.shape.directions, learnt.shape.bits, options.seed};
    writer.add<std::uint64_t>(SectionId::list_header, {1, 4}, header);
    quantize::write_transform(writer, {learnt.transform, learnt.point_step, learnt.alignment});
    quantize::write_directions(writer, learnt.directions);
    write_list_codes(writer, {options.code_family, learnt.codes, options.residual}, learnt.lists());
    write_centroids(writer, learnt);
    write_lists(writer, learnt, encoded, sizes, build, place, subprogress(monitor, 0.7, 0.8));
    if (distance_source == index::DistanceSource::int8)
      quantize::write_byte_rows(writer, learnt.transform, read, rows, place, build.threads,
                                subprogress(monitor, 0.8, 1.0));
  }
  if (!keeps_vectors(options, source.element())) return;
  if (!options.quick)
    exact::write_screen_of(writer, source, quantize::kScreenOfRows, build, subprogress(monitor, 0.8, 0.88));
  if (stores_byte_rows({rows, source.dims(), source.element(), source.metric()}, options))
    exact::write_byte_rows_of(writer, source, build, subprogress(monitor, 0.88, 0.9));
  source.write(writer, subprogress(monitor, 0.9, 1.0));
}

}  // namespace nearabout::ivf

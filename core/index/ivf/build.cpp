// Building lists of small codes: directions and centroids from a sample, then every row coded, and the file.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/norm.h"
#include "base/threads.h"
#include "index/ivf/curve.h"
#include "index/ivf/encode.h"
#include "index/ivf/ivf.h"
#include "index/ivf/pack.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/kmeans.h"

namespace nearabout {
namespace {

using storage::SectionId;

constexpr std::size_t kDirectionRows = 8'192;  // of the sample that directions are learnt from
constexpr std::size_t kListRows = 64;          // of the sample, a list
constexpr std::size_t kTrials = 128;

// Rows [begin, end) of the input, lifted.
class LiftedReader {
 public:
  LiftedReader(const RowReader& read, const Lift& lift) : read_(read), lift_(lift) {}
  void operator()(std::size_t begin, std::size_t end, float* to) const {
    std::vector<float> vectors((end - begin) * lift_.inputs());
    read_(begin, end, vectors.data());
    lift_.rows(vectors.data(), end - begin, to);
  }

 private:
  const RowReader& read_;
  const Lift& lift_;
};

Lift lift_for(const RowReader& read, const Source& source) {
  const Space space = *space_of(source.metric());
  float longest = 0;
  float largest = 0;
  if (space != Space::unit) {
    const Sample sample = take_sample(read, source.rows(), source.dims(), kDirectionRows);
    for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  }
  if (space == Space::inner) {
    std::vector<float> vector(source.dims());
    for (std::size_t row = 0; row < source.rows(); ++row) {
      read(row, row + 1, vector.data());
      longest = std::max(longest, static_cast<float>(norm(vector.data(), vector.size())));
    }
  }
  // Vectors whose squares a float holds with room are left as they are.
  const bool fine = largest == 0 || (largest < 1e9f && largest > 1e-9f);
  const float scale = fine ? 1 : static_cast<float>(std::exp2(-std::floor(std::log2(double{largest}))));
  return Lift(space, source.dims(), scale, longest);
}

std::size_t lists_for(std::size_t rows, std::size_t wanted) {
  if (wanted > 0) return std::min(wanted, rows);
  const double root = std::sqrt(static_cast<double>(rows));
  const std::size_t lists = static_cast<std::size_t>(2.5 * root) / 32 * 32;
  return std::clamp<std::size_t>(lists, 1, std::max<std::size_t>(1, rows / 24));
}

CodeShape shape_for(std::size_t dims, std::size_t rows, const IvfOptions& options) {
  const std::size_t most = std::min({dims, rows, std::size_t{192}});
  std::size_t bits = options.code_bits;
  std::size_t directions = 0;
  if (bits == 0) bits = most < 48 ? 4 : dims >= 512 ? 1 : 2;
  const std::size_t unit = 32 / bits;
  if (options.code_bytes > 0)
    directions = options.code_bytes * 8 / bits;
  else
    directions = dims >= 512 ? 128 : dims >= 256 ? 192 : dims >= 64 ? 64 : dims;
  directions = (std::min(directions, most) + unit - 1) / unit * unit;
  return {directions, bits};
}

// How far from zero coordinates of images reach, but for one in a thousand.
float usual_reach(const std::vector<float>& images) {
  std::vector<float> sizes(images.size());
  std::transform(images.begin(), images.end(), sizes.begin(), [](float value) { return std::abs(value); });
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() - 1 - sizes.size() / 1000);
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place;
}

std::vector<float> images_of(const LearntDirections& directions, Sample& sample, std::size_t threads) {
  std::vector<float> images(sample.rows * directions.outputs);
  std::vector<float> rests(sample.rows);
  parallel_for(sample.rows, 64, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    directions.project(sample.values.data() + begin * sample.dims, end - begin,
                       images.data() + begin * directions.outputs, rests.data() + begin);
  });
  return images;
}

void learn_lists(LearntLists& learnt, const LiftedReader& read, std::size_t rows, std::size_t lists,
                 std::size_t threads) {
  const LearntDirections& directions = learnt.directions;
  Sample sample = take_sample(read, rows, directions.dims, std::max<std::size_t>(lists * kListRows, 2'048));
  const std::vector<float> images = images_of(directions, sample, threads);
  learnt.point_step = std::max(usual_reach(images) * 1.3f, 1e-30f) / 127;
  const std::size_t m = learnt.shape.directions;
  std::vector<std::int8_t> points(sample.rows * m);
  for (std::size_t i = 0; i < sample.rows; ++i)
    learnt.to_bytes(images.data() + i * directions.outputs, points.data() + i * m);
  KMeansOptions options;
  options.clusters = lists;
  options.threads = threads;
  learnt.centroids = kmeans(points, m, options);
}

Trials trials_for(const LearntLists& learnt, const LiftedReader& read, std::size_t rows) {
  Trials trials;
  const std::size_t count = std::min(kTrials, rows);
  const std::size_t dims = learnt.directions.dims;
  trials.lifted.resize(count * dims);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = (2 * i + 1) * rows / (2 * count);
    float* const vector = trials.lifted.data() + i * dims;
    read(row, row + 1, vector);
    for (std::size_t j = 0; j < dims; ++j) vector[j] -= learnt.directions.centre[j];
    trials.squares.push_back(squared_norm(vector, dims));
  }
  trials.nearest.assign(count, TopK(kCurveNeighbours));
  return trials;
}

void write_directions(storage::Writer& writer, const LearntLists& learnt) {
  const LearntDirections& directions = learnt.directions;
  const std::uint64_t outputs = directions.outputs;
  const double numbers[] = {double{learnt.lift.scale()}, double{learnt.lift.longest()}, double{learnt.point_step}};
  writer.add<double>(SectionId::lift, {1, 3}, numbers);
  writer.add<float>(SectionId::centre, {1, directions.dims}, directions.centre);
  const std::vector<std::uint8_t> panels = panels_of(directions.bytes.data(), directions.dims, outputs);
  const std::uint64_t panel_count = outputs / kernels::kPanelRows;
  writer.add<std::uint8_t>(SectionId::direction_bytes, {panel_count, kernels::panel_bytes(directions.dims)}, panels);
  std::vector<float> terms(directions.steps);
  terms.resize(3 * outputs, 0.0f);
  for (std::size_t o = 0; o < outputs; ++o) {
    double sum = 0;
    double centre = 0;
    for (std::size_t j = 0; j < directions.dims; ++j) {
      sum += directions.bytes[j * outputs + o];
      centre += double{directions.matrix[j * outputs + o]} * double{directions.centre[j]};
    }
    terms[outputs + o] = static_cast<float>(sum);
    terms[2 * outputs + o] = static_cast<float>(centre);
  }
  writer.add<float>(SectionId::direction_terms, {3, outputs}, terms);
}

void write_centroids(storage::Writer& writer, const LearntLists& learnt) {
  const std::size_t m = learnt.shape.directions;
  const std::size_t panels = (learnt.lists() + kernels::kPanelRows - 1) / kernels::kPanelRows;
  std::vector<std::uint8_t> bytes(panels * kernels::panel_bytes(m));
  for (std::size_t p = 0; p < panels; ++p) {
    const std::size_t first = p * kernels::kPanelRows;
    alignas(64) std::uint8_t panel[kernels::panel_bytes(kMostByteDims)];
    kernels::table().screen.pack_panel(learnt.centroids.data() + first * m, m,
                                       std::min(kernels::kPanelRows, learnt.lists() - first), m, 0x80, panel);
    std::copy_n(panel, kernels::panel_bytes(m), bytes.data() + p * kernels::panel_bytes(m));
  }
  writer.add<std::uint8_t>(SectionId::centroid_bytes, {panels, kernels::panel_bytes(m)}, bytes);
}

void check_options(const IvfOptions& options, Metric metric, Element element) {
  if (!space_of(metric) || element == Element::bits)
    throw InvalidInput("lists of codes cannot be built under the metric " + std::string(name_of(metric)) +
                       "; they serve euclidean, sqeuclidean, cosine and dot: choose kind \"exact\" or \"forest\"");
  if (options.code_bits != 0 && options.code_bits != 1 && options.code_bits != 2 && options.code_bits != 4)
    throw InvalidInput("codes have " + std::to_string(options.code_bits) + " bits a direction; 1, 2 and 4 are allowed");
}

}  // namespace

void write_ivf(storage::Writer& writer, const Source& source, const IvfOptions& options, const std::string& metadata,
               const BuildOptions& build, const Monitor& monitor) {
  check_options(options, source.metric(), source.element());
  const std::size_t rows = source.rows();
  write_descriptor(writer, {Kind::ivf, source.metric(), source.element(), rows, source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  if (rows > 0) {
    const RowReader read = [&](std::size_t begin, std::size_t end, float* to) { source.read_f32(begin, end, to); };
    LearntLists learnt;
    learnt.lift = lift_for(read, source);
    const LiftedReader lifted(read, learnt.lift);
    learnt.squares = source.element() == Element::u8 || source.element() == Element::i8;
    learnt.shape = shape_for(learnt.lift.outputs(), rows, options);
    const Sample sample = take_sample(lifted, rows, learnt.lift.outputs(), kDirectionRows);
    learnt.directions =
        learn_directions(sample, std::min({learnt.shape.directions, sample.dims, sample.rows}), build.threads);
    report(monitor, 0.25);
    learn_lists(learnt, lifted, rows, lists_for(rows, options.lists), build.threads);
    report(monitor, 0.4);

    Trials trials = trials_for(learnt, lifted, rows);
    const std::size_t width = learnt.shape.bytes() + sizeof(RowFacts);
    const bool fits = build.memory == 0 || rows <= build.memory / 2 / width;
    const std::string* beside = fits ? nullptr : &build.path;
    const EncodedRows encoded =
        encode_rows(learnt, read, rows, trials, beside, build.threads, step_of(monitor, 0.4, 0.7));
    const std::vector<std::uint32_t> sizes = list_sizes(encoded, learnt.lists());
    CurveMeasure measure(learnt, encoded, trials, sizes, build.threads);

    write_directions(writer, learnt);
    write_centroids(writer, learnt);
    const std::uint64_t block_bytes = kernels::block_bytes(learnt.shape.lines());
    std::uint64_t blocks = 0;
    for (const std::uint32_t size : sizes) blocks += (size + kernels::kBlockRows - 1) / kernels::kBlockRows;
    const std::size_t lists = learnt.lists();
    std::vector<float> terms(4 * lists);
    for (std::size_t c = 0; c < lists; ++c) {
      double square = 0;
      for (std::size_t j = 0; j < learnt.shape.directions; ++j) {
        const double value = double{learnt.point_step} * learnt.centroids[c * learnt.shape.directions + j];
        square += value * value;
      }
      terms[c] = static_cast<float>(square);
    }
    const std::size_t columns = learnt.squares ? 2 : 1;
    Column list_rows(sizeof(std::uint32_t), beside);
    writer.begin(SectionId::list_codes, Element::u8, {blocks, block_bytes});
    pack_lists(
        encoded, learnt, sizes, build.memory, build.threads,
        [&](const std::vector<PackedList>& packed) {
          measure.look_at(packed);
          for (const PackedList& list : packed) {
            writer.append(std::as_bytes(std::span(list.blocks)));
            list_rows.append(std::as_bytes(std::span(list.rows)));
            terms[lists + list.list] = list.steps.offset_low;
            terms[2 * lists + list.list] = list.steps.offset_step;
            terms[3 * lists + list.list] = list.steps.scale_step;
          }
        },
        step_of(monitor, 0.7, 0.8));
    writer.end();
    writer.begin(SectionId::list_rows, Element::u32, {blocks * kernels::kBlockRows, columns});
    std::vector<std::byte> buffer;
    for (std::size_t first = 0; first < list_rows.size(); first += 65'536) {
      const std::size_t last = std::min<std::size_t>(first + 65'536, list_rows.size());
      writer.append({list_rows.read(first, last, buffer), (last - first) * sizeof(std::uint32_t)});
    }
    writer.end();
    writer.add<float>(SectionId::list_terms, {4, lists}, terms);
    writer.add<std::uint32_t>(SectionId::list_sizes, {lists, 1}, sizes);
    const std::uint64_t facts[] = {lists, learnt.shape.directions, learnt.shape.bits, options.seed};
    writer.add<std::uint64_t>(SectionId::ivf, {1, 4}, facts);
    std::vector<double> numbers;
    for (const CurvePoint& point : measure.points(row_bytes(source.element(), source.dims())))
      numbers.insert(numbers.end(), {point.recall, point.probes, point.depth});
    writer.add<double>(SectionId::curve, {numbers.size() / 3, 3}, numbers);
  }
  source.write(writer, step_of(monitor, 0.8, 1.0));
}

}  // namespace nearabout

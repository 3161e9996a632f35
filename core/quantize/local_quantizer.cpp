// LOPQ as a quantizer.
#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "quantize/local_product.h"
#include "quantize/product_quantizers.h"
#include "quantize/product_sections.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::Section;
using storage::SectionId;

constexpr std::size_t kRowsPerCell = 256;
constexpr std::size_t kMaxAutoCells = 256;                     // the number of a cell is then one byte
constexpr std::size_t kRotationBytes = std::size_t{64} << 20;  // of all cells, unless more cells are given

class LocalCodec final : public Codec {
 public:
  explicit LocalCodec(LocalCodebooks codebooks) : Codec(codebooks.shape.dims), codes_(std::move(codebooks)) {}

  std::size_t code_bytes() const override { return codes_.code_bytes(); }
  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    codes_.encode(vectors, count, codes);
  }
  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    codes_.decode(codes, count, vectors);
  }
  void distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const override {
    codes_.squared_distances(query, codes, count, distances);
  }
  void write(storage::Writer& writer) const override {
    const LocalCodebooks& all = codes_.codebooks();
    write_codebooks(writer, all.codebooks);
    write_rotations(writer, all.rotations);
    writer.add<float>(SectionId::quantizer_centroids, {all.cells(), all.shape.dims}, all.centroids);
    writer.add<float>(SectionId::quantizer_scales, {1, all.cells()}, all.scales);
    writer.add<std::uint32_t>(SectionId::quantizer_cell_codebooks, {1, all.cells()}, all.codebook_of);
  }

 private:
  LocalProductCodes codes_;
};

std::size_t sample_rows(const QuantizerSettings& settings) {
  return std::max<std::size_t>(product_sample_rows(8), std::min(settings.cells, std::uint64_t{4'096}) * kRowsPerCell);
}

std::unique_ptr<const Codec> learn(const transform::Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                   const Monitor& monitor) {
  if (settings.cells == 0) {
    const std::size_t room = kRotationBytes / (sample.dims * sample.dims * sizeof(float));
    settings.cells = std::max<std::size_t>(1, std::min({sample.rows / kRowsPerCell, kMaxAutoCells, room}));
  }
  if (settings.cells > sample.rows)
    throw InvalidInputError("there are " + std::to_string(settings.cells) + " cells for " +
                            std::to_string(sample.rows) + " vectors; pass at most as many cells as vectors");
  if (settings.size <= cell_bytes(settings.cells))
    throw InvalidInputError("codes of " + std::to_string(settings.size) + " bytes have no room besides the number of " +
                            "a cell; pass a size of at least " + std::to_string(cell_bytes(settings.cells) + 1) +
                            " bytes");
  const ProductShape shape = product_shape(sample.dims, settings.size - cell_bytes(settings.cells), settings.bits);
  LocalLearning learning;
  learning.cells = settings.cells;
  learning.product.seed = settings.seed;
  learning.product.threads = threads;
  return std::make_unique<LocalCodec>(
      learn_local_codebooks(sample.values.data(), sample.rows, shape, learning, monitor));
}

std::unique_ptr<const Codec> read(const storage::File& file, std::size_t dims, const QuantizerSettings& settings) {
  const Section& header = file.section(SectionId::quantizer_header);
  const std::size_t cells = settings.cells;
  if (cells == 0) storage::throw_count(file, header, kCells, "at least 1 cell", cells);
  if (settings.size <= cell_bytes(cells))
    storage::throw_count(file, header, kSize, "more than a cell's", settings.size);
  LocalCodebooks stored;
  stored.shape = stored_product_shape(file, dims, settings.size - cell_bytes(cells), settings.bits);
  const Section& centroids = file.section(SectionId::quantizer_centroids);
  centroids.expect(Element::f32, {cells, dims});
  const std::span<const float> values = storage::finite_floats(file, centroids);
  stored.centroids.assign(values.begin(), values.end());
  const Section& scales = file.section(SectionId::quantizer_scales);
  scales.expect(Element::f32, {1, cells});
  const std::span<const float> factors = storage::finite_floats(file, scales);
  for (std::size_t i = 0; i < cells; ++i)
    if (!(factors[i] > 0)) storage::throw_number(file, scales, i, "a positive scale", double{factors[i]});
  stored.scales.assign(factors.begin(), factors.end());
  const Section& of_cells = file.section(SectionId::quantizer_cell_codebooks);
  of_cells.expect(Element::u32, {1, cells});
  const std::uint64_t codebooks = file.section(SectionId::quantizer_codebooks).shape().rows;
  const std::span<const std::uint32_t> places = of_cells.all<std::uint32_t>();
  for (std::size_t i = 0; i < cells; ++i)
    if (places[i] >= codebooks) storage::throw_count(file, of_cells, i, "a codebook that there is", places[i]);
  stored.codebook_of.assign(places.begin(), places.end());
  stored.rotations = read_rotations(file, dims, cells);
  stored.codebooks = read_codebooks(file, stored.shape, codebooks);
  return std::make_unique<LocalCodec>(std::move(stored));
}

}  // namespace

QuantizerMethod local_product_method() { return {3, "LOPQ", sample_rows, learn, read}; }

}  // namespace nearabout::quantize

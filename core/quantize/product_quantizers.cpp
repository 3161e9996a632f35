#include "quantize/product_quantizers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "quantize/learned_rotation.h"
#include "quantize/product_learn.h"
#include "quantize/product_sections.h"

namespace nearabout::quantize {
namespace {

using transform::Rotation;
using transform::Sample;

// Product codes, after a rotation if there is one.
class ProductCodec final : public Codec {
 public:
  ProductCodec(ProductCodebooks codebooks, Rotation rotation)
      : Codec(codebooks.shape.dims), codes_(std::move(codebooks)), rotation_(std::move(rotation)) {}

  std::size_t code_bytes() const override { return codes_.shape().code_bytes(); }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    if (rotation_.dims() == 0) return codes_.encode(vectors, count, codes);
    std::vector<float> turned(count * dims());
    rotation_.apply(vectors, count, turned.data());
    codes_.encode(turned.data(), count, codes);
  }

  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    std::vector<float> turned(rotation_.dims() == 0 ? 0 : count * dims());
    float* const to = turned.empty() ? vectors : turned.data();
    for (std::size_t i = 0; i < count; ++i) codes_.decode(codes + i * code_bytes(), to + i * dims());
    if (!turned.empty()) rotation_.undo(to, count, vectors);
  }

  void distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const override {
    std::vector<float> turned(query, query + dims());
    if (rotation_.dims() != 0) rotation_.apply(query, 1, turned.data());
    std::vector<float> tables(codes_.shape().parts * codes_.shape().words());
    codes_.squared_distances(turned.data(), tables.data());
    for (std::size_t i = 0; i < count; ++i) distances[i] = codes_.look_up(tables.data(), codes + i * code_bytes());
  }

  void write(storage::Writer& writer) const override {
    write_codebooks(writer, {codes_.codebooks()});
    if (rotation_.dims() != 0) write_rotations(writer, {rotation_});
  }

 private:
  ProductCodes codes_;
  Rotation rotation_;
};

std::size_t sample_rows(const QuantizerSettings& settings) { return product_sample_rows(settings.bits); }

std::unique_ptr<const Codec> learn_product(const Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                           const Monitor& monitor) {
  const ProductShape shape = product_shape(sample.dims, settings.size, settings.bits);
  const ProductLearning learning{.seed = settings.seed, .threads = threads};
  return std::make_unique<ProductCodec>(
      learn_product_codebooks(sample.values.data(), sample.rows, shape, learning, monitor), Rotation());
}

std::unique_ptr<const Codec> read_product(const storage::File& file, std::size_t dims,
                                          const QuantizerSettings& settings) {
  const ProductShape shape = stored_product_shape(file, dims, settings.size, settings.bits);
  return std::make_unique<ProductCodec>(std::move(read_codebooks(file, shape, 1).front()), Rotation());
}

std::unique_ptr<const Codec> learn_rotated(const Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                           const Monitor& monitor) {
  const ProductShape shape = product_shape(sample.dims, settings.size, settings.bits);
  const ProductLearning learning{.seed = settings.seed, .threads = threads};
  LearnedRotation learnt = learn_product_rotation(sample.values.data(), sample.rows, shape, learning, monitor);
  return std::make_unique<ProductCodec>(std::move(learnt.codebooks), std::move(learnt.rotation));
}

std::unique_ptr<const Codec> read_rotated(const storage::File& file, std::size_t dims,
                                          const QuantizerSettings& settings) {
  const ProductShape shape = stored_product_shape(file, dims, settings.size, settings.bits);
  return std::make_unique<ProductCodec>(std::move(read_codebooks(file, shape, 1).front()),
                                        std::move(read_rotations(file, dims, 1).front()));
}

}  // namespace

QuantizerMethod product_method() { return {1, "PQ", sample_rows, learn_product, read_product}; }
QuantizerMethod rotated_product_method() { return {2, "OPQ", sample_rows, learn_rotated, read_rotated}; }

}  // namespace nearabout::quantize

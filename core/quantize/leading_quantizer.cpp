#include "quantize/leading_quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/norm.h"
#include "kernels/kernels.h"
#include "quantize/directions.h"
#include "quantize/leading_codes.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::Section;
using storage::SectionId;
using transform::Sample;

constexpr std::size_t kDirectionSampleRows = 16'384;
constexpr std::size_t kMaxLeadingDirections = 192;
constexpr std::size_t kLossRows = 1'024;  // that "auto" compares bits with

// What the levels keep of a normally distributed number of variance 1: the estimate divides by it, decoding does not.
float kept_by(std::size_t bits) { return bits == 1 ? 0.6366f : bits == 2 ? 0.8825f : bits == 4 ? 0.9905f : 1.0f; }

class LeadingCodec final : public Codec {
 public:
  LeadingCodec(LearntDirections directions, std::size_t bits)
      : Codec(directions.dims), directions_(std::move(directions)), codes_({directions_.count, bits}) {}

  std::size_t code_bytes() const override { return codes_.shape().bytes() + sizeof(RowTerms); }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    std::vector<float> rows(vectors, vectors + count * dims());
    std::vector<float> projections(count * directions_.outputs);
    std::vector<float> residuals(count);
    directions_.project(rows.data(), count, projections.data(), residuals.data());
    const std::vector<float> centroid(directions_.outputs, 0.0f);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t* const code = codes + i * code_bytes();
      const RowTerms terms =
          codes_.encode(projections.data() + i * directions_.outputs, centroid.data(), residuals[i], code);
      std::memcpy(code + codes_.shape().bytes(), &terms, sizeof terms);
    }
  }

  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    const float factor = kept_by(codes_.shape().bits) / 2;
    std::vector<float> values(directions_.count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* const code = codes + i * code_bytes();
      codes_.approximate(code, terms_of(code), values.data());
      for (std::size_t j = 0; j < dims(); ++j) {
        const float* const row = directions_.matrix.data() + j * directions_.outputs;
        float sum = 0;
        for (std::size_t d = 0; d < directions_.count; ++d) sum += row[d] * values[d];
        vectors[i * dims() + j] = sum * factor;
      }
    }
  }

  void distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const override {
    std::vector<float> row(query, query + dims());
    std::vector<float> projection(directions_.outputs);
    float residual = 0;
    directions_.project(row.data(), 1, projection.data(), &residual);
    const double square = squared_norm(query, dims());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* const code = codes + i * code_bytes();
      distances[i] = static_cast<float>(square + codes_.estimate(projection.data(), code, terms_of(code)));
    }
  }

  void write(storage::Writer& writer) const override {
    writer.add<std::int8_t>(SectionId::quantizer_directions, {dims(), directions_.outputs}, directions_.bytes);
    writer.add<float>(SectionId::quantizer_steps, {1, directions_.outputs}, directions_.steps);
  }

 private:
  RowTerms terms_of(const std::uint8_t* code) const {
    RowTerms terms;
    std::memcpy(&terms, code + codes_.shape().bytes(), sizeof terms);
    return terms;
  }

  LearntDirections directions_;
  PcaCodes codes_;
};

// Returns how many directions a code has: as many as its bytes have room for, and fewer where there are fewer.
std::size_t directions_of(std::size_t size, std::size_t bits, std::size_t available) {
  const std::size_t each = 32 / bits;  // directions come in groups that fill four bytes
  return std::min(size * 8 / bits / each, std::min(available, kMaxLeadingDirections) / each) * each;
}

double loss_of(const Codec& codec, const Sample& sample) {
  const std::size_t rows = std::min(sample.rows, kLossRows);
  std::vector<std::uint8_t> codes(rows * codec.code_bytes());
  std::vector<float> near(rows * sample.dims);
  codec.encode(sample.values.data(), rows, codes.data());
  codec.decode(codes.data(), rows, near.data());
  for (std::size_t i = 0; i < near.size(); ++i) near[i] -= sample.values[i];
  return squared_norm(near.data(), near.size());
}

std::unique_ptr<const Codec> learn(const Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                   const Monitor&) {
  const std::size_t available = std::min({sample.rows, sample.dims, kMaxLeadingDirections});
  PrincipalDirections principal = find_directions(sample, available, threads);
  std::fill(principal.centre.begin(), principal.centre.end(), 0.0f);  // as good as: vectors are relative to their mean
  const std::size_t size = (settings.size + 3) / 4 * 4;
  std::unique_ptr<const Codec> best;
  double least = 0;
  QuantizerSettings chosen = settings;
  for (const std::size_t bits : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{8}}) {
    const std::size_t count = directions_of(size, bits, available);
    if ((settings.bits != 0 && settings.bits != bits) || count == 0) continue;
    auto codec = std::make_unique<LeadingCodec>(learn_directions(principal, count, settings.seed), bits);
    const double loss = loss_of(*codec, sample);
    if (best && !(loss < least)) continue;
    least = loss;
    best = std::move(codec);
    chosen.size = count * bits / 8;
    chosen.bits = bits;
  }
  if (!best)
    throw InvalidInputError("the vectors have " + std::to_string(available) +
                            " directions, fewer than fill four bytes of a code; pass more bits, or use PQ");
  settings = chosen;
  return best;
}

std::unique_ptr<const Codec> read(const storage::File& file, std::size_t dims, const QuantizerSettings& settings) {
  const Section& header = file.section(SectionId::quantizer_header);
  if (!are_code_bits(settings.bits)) storage::throw_count(file, header, kBits, "1, 2, 4 or 8 bits", settings.bits);
  LearntDirections stored;
  stored.dims = dims;
  stored.count = settings.size * 8 / settings.bits;
  if (settings.size == 0 || settings.size % 4 != 0 || stored.count > std::min(dims, kMaxLeadingDirections))
    storage::throw_count(file, header, kSize, "a size of whole groups of four bytes, with directions that there are",
                         settings.size);
  stored.outputs = (stored.count + kernels::kPanelRows - 1) / kernels::kPanelRows * kernels::kPanelRows;
  const Section& bytes = file.section(SectionId::quantizer_directions);
  bytes.expect(Element::i8, {dims, stored.outputs});
  const Section& steps = file.section(SectionId::quantizer_steps);
  steps.expect(Element::f32, {1, stored.outputs});
  const std::span<const std::int8_t> numbers = bytes.all<std::int8_t>();
  const std::span<const float> sizes = storage::finite_floats(file, steps);
  stored.centre.resize(dims, 0.0f);
  stored.bytes.assign(numbers.begin(), numbers.end());
  stored.steps.assign(sizes.begin(), sizes.end());
  stored.matrix.resize(stored.bytes.size());
  for (std::size_t i = 0; i < stored.bytes.size(); ++i)
    stored.matrix[i] = stored.steps[i % stored.outputs] * static_cast<float>(stored.bytes[i]);
  return std::make_unique<LeadingCodec>(std::move(stored), settings.bits);
}

}  // namespace

QuantizerMethod leading_method() {
  return {7, "PcaCodes", [](const QuantizerSettings&) { return kDirectionSampleRows; }, learn, read};
}

}  // namespace nearabout::quantize

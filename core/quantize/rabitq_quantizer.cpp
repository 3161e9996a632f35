#include "quantize/rabitq_quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/norm.h"
#include "quantize/packed_numbers.h"
#include "storage/numbers.h"
#include "transform/mixing.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kMeanRows = 65'536;  // rows from which the mean is computed
constexpr std::size_t kMaxRabitqBits = 8;
// The scale of a code is the best of some: from one that no number is clipped by to a third of it.
constexpr std::size_t kScalesTried = 16;
constexpr double kFirstScale = 0.9;
constexpr double kNextScale = 1.085;

struct Terms {
  float square = 0;  // |r|^2
  float factor = 0;  // |r|^2 / <y, r>
};

class RabitqCodec final : public Codec {
 public:
  RabitqCodec(std::size_t dims, std::size_t bits, std::uint64_t seed) : Codec(dims), mixing_(dims, seed), bits_(bits) {}

  std::size_t code_bytes() const override { return packed_bytes(dims(), bits_) + sizeof(Terms); }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    std::vector<float> turned(dims());
    std::vector<std::uint8_t> numbers(dims());
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(vectors + i * dims(), dims(), turned.data());
      mixing_.apply(turned.data());
      const double scale = best_scale(turned.data());
      const double along = levels_of(turned.data(), scale, numbers.data()).along;
      const double square = squared_norm(turned.data(), dims());
      const Terms terms{static_cast<float>(square), along > 0 ? static_cast<float>(square / along) : 0.0f};
      std::uint8_t* const code = codes + i * code_bytes();
      pack_numbers(numbers.data(), dims(), bits_, code);
      std::memcpy(code + packed_bytes(dims(), bits_), &terms, sizeof terms);
    }
  }

  // Decodes to the multiple of the levels that is nearest to the vector.
  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    for (std::size_t i = 0; i < count; ++i) {
      float* const vector = vectors + i * dims();
      const Terms terms = unpack(codes + i * code_bytes(), vector);
      const double square = squared_norm(vector, dims());
      const float scale =
          terms.factor > 0 ? static_cast<float>(double{terms.square} / double{terms.factor} / square) : 0;
      for (std::size_t j = 0; j < dims(); ++j) vector[j] *= scale;
      mixing_.undo(vector);
    }
  }

  void distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const override {
    std::vector<float> turned(query, query + dims());
    mixing_.apply(turned.data());
    const double square = squared_norm(turned.data(), dims());
    std::vector<float> levels(dims());
    for (std::size_t i = 0; i < count; ++i) {
      const Terms terms = unpack(codes + i * code_bytes(), levels.data());
      float sums[8] = {};
      std::size_t j = 0;
      for (; j + 8 <= dims(); j += 8)
        for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += turned[j + lane] * levels[j + lane];
      for (; j < dims(); ++j) sums[0] += turned[j] * levels[j];
      const float along = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
      distances[i] = static_cast<float>(square + double{terms.square} - 2 * double{terms.factor} * double{along});
    }
  }

  void write(storage::Writer&) const override {}  // the header has the seed of the rotation

 private:
  struct Fit {
    double along = 0;   // <y, r>
    double square = 0;  // |y|^2
  };

  float level_of(std::uint8_t number) const {
    return static_cast<float>(number) - static_cast<float>((1u << bits_) - 1) / 2;
  }

  // Rounds a vector times a scale to levels.
  Fit levels_of(const float* vector, double scale, std::uint8_t* numbers) const {
    const float factor = static_cast<float>(scale);
    const float half = static_cast<float>(1u << (bits_ - 1));
    const float most = static_cast<float>((1u << bits_) - 1);
    float along = 0;
    float square = 0;
    for (std::size_t j = 0; j < dims(); ++j) {
      const float place = std::min(most, std::max(0.0f, vector[j] * factor + half));
      numbers[j] = static_cast<std::uint8_t>(place);
      const float level = level_of(numbers[j]);
      along += level * vector[j];
      square += level * level;
    }
    return {double{along}, double{square}};
  }

  // Returns the scale whose levels make the smallest angle with a vector.
  double best_scale(const float* vector) const {
    float largest = 0;
    for (std::size_t j = 0; j < dims(); ++j) largest = std::max(largest, std::abs(vector[j]));
    if (bits_ == 1 || !(largest > 0)) return 1;
    std::vector<std::uint8_t> numbers(dims());
    double best = 0;
    double best_cosine = -1;
    double scale = static_cast<double>(1u << (bits_ - 1)) / double{largest} * kFirstScale;
    for (std::size_t i = 0; i < kScalesTried; ++i, scale *= kNextScale) {
      const Fit fit = levels_of(vector, scale, numbers.data());
      const double cosine = fit.along / std::sqrt(fit.square);
      if (!(cosine > best_cosine)) continue;
      best_cosine = cosine;
      best = scale;
    }
    return best;
  }

  Terms unpack(const std::uint8_t* code, float* levels) const {
    std::vector<std::uint8_t> numbers(dims());
    unpack_numbers(code, dims(), bits_, numbers.data());
    for (std::size_t j = 0; j < dims(); ++j) levels[j] = level_of(numbers[j]);
    Terms terms;
    std::memcpy(&terms, code + packed_bytes(dims(), bits_), sizeof terms);
    return terms;
  }

  transform::Mixing mixing_;
  std::size_t bits_;
};

std::unique_ptr<const Codec> learn(const transform::Sample& sample, QuantizerSettings& settings, std::size_t,
                                   const Monitor&) {
  return std::make_unique<RabitqCodec>(sample.dims, settings.bits, settings.seed);
}

std::unique_ptr<const Codec> read(const storage::File& file, std::size_t dims, const QuantizerSettings& settings) {
  if (settings.bits == 0 || settings.bits > kMaxRabitqBits)
    storage::throw_count(file, file.section(storage::SectionId::quantizer_header), kBits, "1 to 8 bits", settings.bits);
  return std::make_unique<RabitqCodec>(dims, settings.bits, settings.seed);
}

}  // namespace

QuantizerMethod rabitq_method() {
  return {5, "RaBitQ", [](const QuantizerSettings&) { return kMeanRows; }, learn, read};
}

}  // namespace nearabout::quantize

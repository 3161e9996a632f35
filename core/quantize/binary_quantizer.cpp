#include "quantize/binary_quantizer.h"

#include <cstring>
#include <span>
#include <utility>

#include "quantize/binary_codes.h"
#include "quantize/binary_codes_file.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::SectionId;

class BinaryCodec final : public Codec {
 public:
  explicit BinaryCodec(LearntBinaryCodes learnt) : Codec(learnt.centre.size()), learnt_(std::move(learnt)) {}

  std::size_t code_bytes() const override { return (learnt_.bits + 7) / 8; }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    const BinaryCodes binary = learnt_.codes();
    std::vector<std::uint64_t> words(count * binary.words());
    binary.encode(vectors, count, words.data());
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(codes + i * code_bytes(), words.data() + i * binary.words(), code_bytes());
  }

  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    const BinaryCodes binary = learnt_.codes();
    std::vector<std::uint64_t> words(count * binary.words(), 0);
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(words.data() + i * binary.words(), codes + i * code_bytes(), code_bytes());
    binary.decode(words.data(), count, vectors);
  }

  void write(storage::Writer& writer) const override { write_binary_codes(writer, learnt_); }

 private:
  LearntBinaryCodes learnt_;
};

std::unique_ptr<const Codec> learn(const transform::Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                   const Monitor&) {
  return std::make_unique<BinaryCodec>(learn_binary_codes(Planes::itq, sample, settings.bits, settings.seed, threads));
}

std::vector<float> copy_of(const storage::File& file, SectionId id) {
  const std::span<const float> all = file.section(id).all<float>();
  return {all.begin(), all.end()};
}

std::unique_ptr<const Codec> read(const storage::File& file, std::size_t dims, const QuantizerSettings& settings) {
  const StoredBinaryCodes stored = read_binary_codes(file, dims);
  if (stored.codes.bits() != settings.bits)
    storage::throw_count(file, file.section(SectionId::quantizer_header), kBits, "the bits of its planes",
                         settings.bits);
  LearntBinaryCodes learnt{stored.planes, stored.seed, stored.codes.bits(), {}, {}, {}};
  learnt.centre = copy_of(file, SectionId::binary_centre);
  learnt.directions = copy_of(file, SectionId::binary_directions);
  learnt.levels = copy_of(file, SectionId::binary_levels);
  return std::make_unique<BinaryCodec>(std::move(learnt));
}

}  // namespace

QuantizerMethod binary_method() {
  return {6, "ITQ", [](const QuantizerSettings&) { return std::size_t{kPlaneSampleRows}; }, learn, read};
}

}  // namespace nearabout::quantize

// A quantizer as the sections of a file.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "quantize/quantizer.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::Section;
using storage::SectionId;

constexpr std::uint64_t kMaxDims = 65'535;
constexpr std::uint64_t kMaxSize = 65'535;  // bytes of a code
constexpr std::uint64_t kMaxBits = 65'535;
constexpr std::uint64_t kMaxQuantizerCells = 65'536;

}  // namespace

std::shared_ptr<const storage::File> Quantizer::write(storage::Writer writer) const {
  const std::uint64_t header[kFields] = {method_->number, dims(),         rows_,           sample_rows_,
                                         settings_.size,  settings_.bits, settings_.cells, settings_.one_step,
                                         settings_.seed};
  writer.add<std::uint64_t>(SectionId::quantizer_header, {1, kFields}, header);
  std::vector<float> frame{scale_};
  frame.insert(frame.end(), centre_.begin(), centre_.end());
  writer.add<float>(SectionId::quantizer_frame, {1, frame.size()}, frame);
  codec_->write(writer);
  return writer.finish();
}

std::shared_ptr<const Quantizer> Quantizer::read(const storage::File& file) {
  file.verify();  // all of it is read now, and nothing later
  if (!file.has(SectionId::quantizer_header))
    throw UnknownFormatError(file.name() +
                             ": is a .near file, but not one of a quantizer; nearabout.open reads indexes");
  const Section& section = file.section(SectionId::quantizer_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const auto expect = [&](QuantizerField field, bool valid, const std::string& expected) {
    if (!valid) storage::throw_count(file, section, field, expected, header[field]);
  };
  const QuantizerMethod* const method = find_method(header[kMethod]);
  if (!method)
    throw UnsupportedVersionError(file.name() + " has a quantizer of method " + std::to_string(header[kMethod]) +
                                  ", which this version of nearabout does not know; update nearabout");
  expect(kDims, header[kDims] >= 1 && header[kDims] <= kMaxDims, "1 to 65,535 dims");
  expect(kSampleRows, header[kSampleRows] <= header[kRows], "at most the rows");
  expect(kSize, header[kSize] <= kMaxSize, "at most 65,535 bytes");
  expect(kBits, header[kBits] <= kMaxBits, "at most 65,535 bits");
  expect(kCells, header[kCells] <= kMaxQuantizerCells, "at most 65,536 cells");
  expect(kOneStep, header[kOneStep] <= 1, "0 or 1");
  const Section& frame = file.section(SectionId::quantizer_frame);
  frame.expect(Element::f32, {1, header[kDims] + 1});
  const std::span<const float> numbers = storage::finite_floats(file, frame);
  int exponent = 0;
  if (!(numbers[0] > 0) || std::frexp(numbers[0], &exponent) != 0.5f)
    storage::throw_number(file, frame, 0, "a power of two", double{numbers[0]});

  const std::shared_ptr<Quantizer> quantizer(new Quantizer());
  quantizer->method_ = method;
  quantizer->settings_ = {header[kSize], header[kBits], header[kCells], header[kOneStep], header[kSeed]};
  quantizer->scale_ = numbers[0];
  quantizer->centre_.assign(numbers.begin() + 1, numbers.end());
  quantizer->rows_ = header[kRows];
  quantizer->sample_rows_ = header[kSampleRows];
  quantizer->codec_ = method->read(file, header[kDims], quantizer->settings_);
  return quantizer;
}

}  // namespace nearabout::quantize

// Quantizers that are used alone: vectors become codes of a few bytes, and codes vectors again.
//
// A codec does the work, in a frame where vectors are centred and their numbers of a size whose squares a float holds.
// A quantizer is a codec, its frame, and what it was learnt from; it is stored in a .near file of its own. A method is
// one entry in quantizer_registry.cpp and one class in Python (nearabout/quantizers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "storage/file.h"
#include "storage/writer.h"
#include "transform/sample.h"

namespace nearabout::quantize {

// What a user may set. Each method reads its own.
struct QuantizerSettings {
  std::uint64_t size = 0;      // bytes of a code
  std::uint64_t bits = 0;      // of a part, a dimension or a code
  std::uint64_t cells = 0;     // of LOPQ; 0: by the rows and dims
  std::uint64_t one_step = 0;  // of SQ: 1 where all dimensions share a step
  std::uint64_t seed = 0;
};

// The numbers of the section quantizer_header, in order.
enum QuantizerField : std::size_t {
  kMethod,
  kDims,
  kRows,
  kSampleRows,
  kSize,
  kBits,
  kCells,
  kOneStep,
  kSeed,
  kFields
};

class Codec {
 public:
  virtual ~Codec() = default;
  virtual std::size_t code_bytes() const = 0;
  // All take vectors in the frame, one after another. Safe on any number of threads.
  virtual void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const = 0;
  virtual void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const = 0;
  // Writes the squared distances of a query from codes: those from the decoded vectors unless the method says better.
  virtual void distances(const float* query, const std::uint8_t* codes, std::size_t count, float* distances) const;
  virtual void write(storage::Writer& writer) const = 0;

 protected:
  explicit Codec(std::size_t dims) : dims_(dims) {}
  std::size_t dims() const { return dims_; }

 private:
  std::size_t dims_;
};

struct QuantizerMethod {
  std::uint64_t number = 0;  // identifies the method in files; never reused
  std::string_view name;
  std::size_t (*sample_rows)(const QuantizerSettings& settings);  // rows that are worth learning from
  // Throws InvalidInputError if the settings do not suit the dims or the rows.
  std::unique_ptr<const Codec> (*learn)(const transform::Sample& sample, QuantizerSettings& settings,
                                        std::size_t threads, const Monitor& monitor);
  // Throws CorruptFileError if the sections contradict each other.
  std::unique_ptr<const Codec> (*read)(const storage::File& file, std::size_t dims, const QuantizerSettings& settings);
};

// Return the method of a number, or null, and of a name. The latter throws InvalidInputError if there is none.
const QuantizerMethod* find_method(std::uint64_t number);
const QuantizerMethod& method_named(std::string_view name);

class Quantizer {
 public:
  // Learns from `rows` rows, of which it reads a sample. Throws InvalidInputError if a number of these is not finite.
  static std::shared_ptr<const Quantizer> learn(const QuantizerMethod& method, const transform::RowReader& read,
                                                std::size_t rows, std::size_t dims, QuantizerSettings settings,
                                                std::size_t threads, const Monitor& monitor);
  // Reads a file. Throws UnknownFormatError if it is not one of a quantizer, CorruptFileError.
  static std::shared_ptr<const Quantizer> read(const storage::File& file);
  std::shared_ptr<const storage::File> write(storage::Writer writer) const;

  const QuantizerMethod& method() const { return *method_; }
  const QuantizerSettings& settings() const { return settings_; }  // as learnt: without a 0 for "auto"
  std::size_t dims() const { return centre_.size(); }
  std::size_t code_bytes() const { return codec_->code_bytes(); }
  std::uint64_t rows() const { return rows_; }                // that it was learnt from
  std::uint64_t sample_rows() const { return sample_rows_; }  // of these, that were looked at

  // Encodes rows of any dtype but bits. Throws InvalidInputError if a number is not finite.
  void encode(const MatrixView& vectors, std::size_t threads, std::uint8_t* codes, const Monitor& monitor) const;
  void decode(const std::uint8_t* codes, std::size_t count, std::size_t threads, float* vectors,
              const Monitor& monitor) const;
  // Writes the squared distances of queries from codes, in the units of the vectors, queries x count.
  void distances(const float* queries, std::size_t query_count, const std::uint8_t* codes, std::size_t count,
                 std::size_t threads, float* distances, const Monitor& monitor) const;

 private:
  Quantizer() = default;
  void to_frame(const float* vectors, std::size_t count, float* framed) const;

  const QuantizerMethod* method_ = nullptr;
  QuantizerSettings settings_;
  std::vector<float> centre_;  // of scaled vectors
  float scale_ = 1;            // a power of two
  std::uint64_t rows_ = 0;
  std::uint64_t sample_rows_ = 0;
  std::unique_ptr<const Codec> codec_;
};

}  // namespace nearabout::quantize

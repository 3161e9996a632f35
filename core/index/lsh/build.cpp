// Builds hashes: learns the codes, encodes the rows, and writes the file.
#include <algorithm>

#include "base/error.h"
#include "base/threads.h"
#include "index/exact/screen.h"
#include "index/lsh/encode.h"
#include "index/lsh/hash_tables.h"
#include "index/lsh/header.h"
#include "index/lsh/lsh.h"
#include "kernels/kernels.h"

namespace nearabout::lsh {
namespace {

using kernels::kCodeRows;
using storage::SectionId;

constexpr std::size_t kCodeBlocksTogether = 32;  // that a thread encodes at a time
constexpr std::size_t kBlocksWritten = 8'192;    // that are encoded before they are written

// Throws if the tables would take more than the memory budget: they are sorted as wholes.
void check_memory(const HashSettings& settings, std::size_t rows, std::size_t memory) {
  constexpr std::size_t kRowBytes = 2 * sizeof(std::uint32_t);  // a key and a number, per table
  const std::size_t held = settings.tables * rows * kRowBytes;
  if (memory == 0 || held <= memory) return;
  const auto megabytes = [](std::size_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + "MB"; };
  throw InvalidInputError(std::to_string(settings.tables) + " hash tables of " + std::to_string(rows) + " rows take " +
                          megabytes(held) + " while they are built, and memory= allows " + megabytes(memory) +
                          "; pass memory=\"" + megabytes(held) + "\" or more, or tables=0, which is built in parts");
}

// Encodes the rows of blocks [begin, end); rows that the last one lacks have the code 0.
void encode_blocks(const RowEncoder& encoder, std::size_t begin, std::size_t end, std::size_t rows,
                   std::uint64_t* blocks) {
  const std::size_t words = encoder.words();
  const std::size_t first = begin * kCodeRows;
  const std::size_t count = std::min(end * kCodeRows, rows) - first;
  std::vector<std::uint64_t> codes(count * words);
  encoder.encode(first, first + count, codes.data());
  std::fill_n(blocks, (end - begin) * kCodeRows * words, std::uint64_t{0});
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t w = 0; w < words; ++w)
      blocks[i / kCodeRows * kCodeRows * words + w * kCodeRows + i % kCodeRows] = codes[i * words + w];
}

void write_codes(storage::Writer& writer, const RowEncoder& encoder, const HashSettings& settings, std::size_t rows,
                 std::size_t threads, const Monitor& monitor) {
  const std::uint64_t header[] = {settings.bits, settings.tables, settings.seed};
  writer.add<std::uint64_t>(SectionId::hash_header, {1, kFixedFields}, header);
  const std::size_t width = kCodeRows * encoder.words();
  const std::size_t blocks = (rows + kCodeRows - 1) / kCodeRows;
  writer.begin(SectionId::hash_codes, Element::u64, {blocks, width});
  std::vector<std::uint64_t> some(std::min(blocks, kBlocksWritten) * width);
  for (std::size_t first = 0; first < blocks; first += kBlocksWritten) {
    const std::size_t count = std::min(kBlocksWritten, blocks - first);
    const auto share = [&](std::size_t done) { return static_cast<double>(done) / static_cast<double>(blocks); };
    const auto encode = [&](std::size_t begin, std::size_t end, std::size_t) {
      encode_blocks(encoder, first + begin, first + end, rows, some.data() + begin * width);
    };
    parallel_for(count, kCodeBlocksTogether, threads, encode, subprogress(monitor, share(first), share(first + count)));
    writer.append(std::as_bytes(std::span(some).first(count * width)));
  }
  writer.end();
}

}  // namespace

void write_lsh(storage::Writer& writer, const index::ValidatedRows& source, const LshOptions& given,
               const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor) {
  const HashSettings settings = settle_options(given, source.metric(), source.rows(), source.dims());
  check_memory(settings, source.rows(), build.memory);
  index::write_descriptor(writer, {kLshNumber, source.metric(), source.element(), source.rows(), source.dims()});
  writer.add_text(SectionId::metadata, metadata);
  if (source.rows() > 0) {
    const RowEncoder encoder(source, settings, build.threads);
    report(monitor, 0.3);
    encoder.write(writer);
    const Monitor encoding = subprogress(monitor, 0.3, 0.7);
    if (settings.tables > 0)
      write_tables(writer, encoder, settings, source.rows(), build.threads, encoding);
    else
      write_codes(writer, encoder, settings, source.rows(), build.threads, encoding);
  }
  exact::write_screen_of(writer, source, quantize::kScreenOfRows, build, subprogress(monitor, 0.7, 0.9));
  source.write(writer, subprogress(monitor, 0.9, 1.0));
}

}  // namespace nearabout::lsh

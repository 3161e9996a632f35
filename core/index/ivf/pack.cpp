#include "index/ivf/pack.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout::ivf {
namespace {

using storage::items_of;

constexpr std::size_t kConvenient = std::size_t{256} << 20;
constexpr std::size_t kPackedTogether = 65'536;
constexpr std::size_t kListsAtATime = 256;

struct Held {
  std::uint32_t row;
  RowHeader header;
};

// The rows of lists [begin, end), list by list, in ascending order.
struct Gathered {
  std::vector<std::size_t> firsts;
  std::vector<Held> held;
  std::vector<std::uint8_t> codes;
};

Gathered gather(const EncodedRows& encoded, const LearntLists& learnt, const std::vector<std::uint32_t>& sizes,
                std::size_t begin, std::size_t end) {
  const std::size_t width = learnt.shape.bytes();
  Gathered gathered;
  gathered.firsts.assign(1, 0);
  for (std::size_t list = begin; list < end; ++list) gathered.firsts.push_back(gathered.firsts.back() + sizes[list]);
  gathered.held.resize(gathered.firsts.back());
  gathered.codes.resize(gathered.firsts.back() * width);
  std::vector<std::size_t> next(gathered.firsts.begin(), gathered.firsts.end() - 1);
  std::vector<std::byte> header_buffer, codes_buffer;
  for (std::size_t first = 0; first < encoded.rows(); first += kPackedTogether) {
    const std::size_t last = std::min(first + kPackedTogether, encoded.rows());
    const auto* const header = items_of<RowHeader>(encoded.header.read(first, last, header_buffer));
    const auto* const codes = items_of<std::uint8_t>(encoded.codes.read(first, last, codes_buffer));
    for (std::size_t i = 0; i < last - first; ++i) {
      if (header[i].list < begin || header[i].list >= end) continue;
      const std::size_t place = next[header[i].list - begin]++;
      gathered.held[place] = {static_cast<std::uint32_t>(first + i), header[i]};
      std::copy_n(codes + i * width, width, gathered.codes.data() + place * width);
    }
  }
  return gathered;
}

quantize::TermSteps steps_for(const Held* held, std::size_t count) {
  quantize::TermRange range;
  for (std::size_t i = 0; i < count; ++i) range.add(held[i].header.terms);
  return range.steps();
}

calibration::ResidualSummary residuals_of(const Held* held, std::size_t count) {
  std::vector<float> residuals(count);
  for (std::size_t i = 0; i < count; ++i) residuals[i] = held[i].header.residual;
  return calibration::summarize_residuals(residuals);
}

PackedList pack(std::size_t list, const Gathered& gathered, std::size_t first, std::size_t count,
                const LearntLists& learnt) {
  const quantize::CodeShape& shape = learnt.shape;
  const std::size_t blocks = (count + kernels::kBlockRows - 1) / kernels::kBlockRows;
  const std::size_t bytes = kernels::block_bytes(shape.lines());
  const std::size_t columns = learnt.list_columns();
  const Held* const held = gathered.held.data() + first;
  PackedList packed{list, steps_for(held, count), residuals_of(held, count), {}, {}, count};
  packed.blocks.assign(blocks * bytes, 0);
  packed.rows.assign(blocks * kernels::kBlockRows * columns, kNoRow);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* const block = packed.blocks.data() + i / kernels::kBlockRows * bytes;
    const std::size_t place = i % kernels::kBlockRows;
    quantize::put_codes(gathered.codes.data() + (first + i) * shape.bytes(), shape, place, block);
    quantize::put_terms(held[i].header.terms, packed.steps, place, block + shape.lines() * kernels::kLineBytes);
    packed.rows[i * columns] = held[i].row;
    if (columns > 1) packed.rows[i * columns + 1] = held[i].header.square;
  }
  return packed;
}

}  // namespace

std::vector<std::uint32_t> list_sizes(const EncodedRows& encoded, std::size_t lists) {
  std::vector<std::uint32_t> sizes(lists, 0);
  std::vector<std::byte> buffer;
  for (std::size_t first = 0; first < encoded.rows(); first += kPackedTogether) {
    const std::size_t last = std::min(first + kPackedTogether, encoded.rows());
    const auto* const header = items_of<RowHeader>(encoded.header.read(first, last, buffer));
    for (std::size_t i = 0; i < last - first; ++i) ++sizes[header[i].list];
  }
  return sizes;
}

void pack_lists(const EncodedRows& encoded, const LearntLists& learnt, const std::vector<std::uint32_t>& sizes,
                std::size_t memory, std::size_t threads,
                const std::function<void(const std::vector<PackedList>&)>& take, const Monitor& monitor) {
  const std::size_t each = sizeof(Held) + 2 * learnt.shape.bytes();
  const std::size_t most = std::max<std::size_t>(1, (memory == 0 ? kConvenient : memory / 2) / each);
  for (std::size_t begin = 0, end = 0; begin < sizes.size(); begin = end) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(sizes.size()));
    std::size_t rows = 0;
    for (end = begin; end < sizes.size() && (end == begin || rows + sizes[end] <= most); ++end) rows += sizes[end];
    const Gathered gathered = gather(encoded, learnt, sizes, begin, end);
    for (std::size_t first = begin; first < end; first += kListsAtATime) {
      std::vector<PackedList> packed(std::min(kListsAtATime, end - first));
      parallel_for(packed.size(), 1, threads, [&](std::size_t i, std::size_t, std::size_t) {
        packed[i] = pack(first + i, gathered, gathered.firsts[first + i - begin], sizes[first + i], learnt);
      });
      take(packed);
    }
  }
}

}  // namespace nearabout::ivf

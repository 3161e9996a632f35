#include "index/rerank_bytes.h"

#include <algorithm>

#include "index/rerank.h"

namespace nearabout::index {

void rerank_bytes(const quantize::StoredByteRows& stored, const quantize::BoundByteQuery& query,
                  std::span<const std::uint32_t> rows, TopK& best) {
  constexpr std::size_t kByteRowsAtOnce = 32;
  const MatrixView codes = stored.codes->matrix();
  double rdists[kByteRowsAtOnce];
  float squares[kByteRowsAtOnce] = {};
  for (std::size_t begin = 0; begin < rows.size(); begin += kByteRowsAtOnce) {
    const std::span<const std::uint32_t> some = rows.subspan(begin, std::min(kByteRowsAtOnce, rows.size() - begin));
    rerank(*stored.codes, {codes.data, codes.stride, some.data(), some.size(), true}, rdists, best,
           [&](const kernels::Rows& batch, double* out) {
             for (std::size_t i = 0; stored.squares && i < some.size(); ++i)
               squares[i] = stored.squares->items<float>(some[i], 1)[0];
             query.rdists(batch, squares, out);
           });
  }
}

}  // namespace nearabout::index

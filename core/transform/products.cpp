#include "transform/products.h"

#include "base/threads.h"
#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::transform {

std::vector<float> product(const float* left, std::size_t rows, std::size_t inner, const float* right,
                           std::size_t outputs, std::size_t threads) {
  constexpr std::size_t kRowsPerProjection = 16;  // rows per call of the kernel
  std::vector<float> result(rows * outputs);
  const auto project = kernels::table().project;
  parallel_for(rows, kRowsPerProjection, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    project(left + begin * inner, end - begin, inner, right, outputs, result.data() + begin * outputs);
  });
  return result;
}

std::vector<float> transposed(const float* table, std::size_t rows, std::size_t columns, std::size_t padded_rows) {
  std::vector<float> result(columns * padded_rows, 0.0f);
  transpose(table, rows, columns, result.data(), padded_rows);
  return result;
}

}  // namespace nearabout::transform

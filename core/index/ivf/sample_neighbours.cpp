#include "index/ivf/sample_neighbours.h"

#include <algorithm>

#include "base/norm.h"
#include "base/threads.h"
#include "base/top_k.h"
#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {

std::vector<std::vector<std::uint32_t>> sample_neighbours(const SampleQueries& sample, std::size_t k, double same,
                                                          std::size_t threads) {
  constexpr std::size_t kRowsPerCall = 256;
  const std::size_t dims = sample.dims;
  const std::size_t count = sample.queries.size() / dims;
  const std::size_t columns = (count + 15) / 16 * 16;
  std::vector<float> flipped(dims * columns, 0.0f);
  transpose(sample.queries.data(), count, dims, flipped.data(), columns);
  std::vector<double> squares;
  for (std::size_t q = 0; q < count; ++q) squares.push_back(squared_norm(sample.queries.data() + q * dims, dims));

  std::vector<std::vector<TopK>> nearest(threads, std::vector<TopK>(count, TopK(k)));
  parallel_for(sample.rows.size() / dims, kRowsPerCall, threads,
               [&](std::size_t begin, std::size_t end, std::size_t own) {
                 std::vector<float> products((end - begin) * columns);
                 kernels::table().project(sample.rows.data() + begin * dims, end - begin, dims, flipped.data(), columns,
                                          products.data());
                 for (std::size_t i = begin; i < end; ++i) {
                   const double square = squared_norm(sample.rows.data() + i * dims, dims);
                   for (std::size_t q = 0; q < count; ++q) {
                     const double twice = 2 * double{products[(i - begin) * columns + q]};
                     const double sum = square + squares[q];
                     if (same < 0 || sum - twice > same * sum)
                       nearest[own][q].push(square - twice, static_cast<std::uint32_t>(i));
                   }
                 }
               });
  std::vector<std::vector<std::uint32_t>> neighbours(count);
  for (std::size_t q = 0; q < count; ++q) {
    for (std::size_t worker = 1; worker < threads; ++worker) nearest[0][q].merge(nearest[worker][q]);
    for (const Neighbour& found : nearest[0][q].take_sorted()) neighbours[q].push_back(found.row);
  }
  return neighbours;
}

}  // namespace nearabout::ivf

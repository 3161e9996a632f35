// The k best against a plain sort: ties by row, in whatever order they arrive.
#include <limits>
#include <random>

#include "base/top_k.h"
#include "check.h"

using namespace nearabout;

namespace {

bool same(const std::vector<Neighbour>& left, const std::vector<Neighbour>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Neighbour& a, const Neighbour& b) { return a.rank == b.rank && a.row == b.row; });
}

void it_is_a_sort_cut_short() {
  std::mt19937 random(5);
  for (const std::size_t count : {0u, 1u, 2u, 9u, 100u, 1'000u}) {
    for (const std::size_t k : {0u, 1u, 2u, 10u, 99u, 2'000u}) {
      std::vector<Neighbour> all;
      for (std::size_t row = 0; row < count; ++row)  // few different ranks, so that ties are common
        all.push_back({static_cast<double>(random() % 7), static_cast<std::uint32_t>(row)});
      std::shuffle(all.begin(), all.end(), random);
      TopK best(k);
      for (const Neighbour& neighbour : all) best.push(neighbour.rank, neighbour.row);
      std::sort(all.begin(), all.end());
      all.resize(std::min(k, count));
      CHECK(same(best.take_sorted(), all));
      CHECK(best.take_sorted().empty());
    }
  }
}

void the_worst_is_infinite_until_k_are_known() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TopK best(2);
  CHECK(best.worst() == kInfinity);
  best.push(3, 0);
  CHECK(best.worst() == kInfinity);
  best.push(1, 1);
  CHECK(best.worst() == 3);
  best.push(2, 2);
  CHECK(best.worst() == 2);
  best.push(2, 1);  // a tie with a smaller row wins
  CHECK(best.take_sorted().back().row == 1);
}

void not_a_number_never_enters() {
  TopK best(3);
  best.push(std::numeric_limits<double>::quiet_NaN(), 0);
  best.push(-std::numeric_limits<double>::infinity(), 1);
  CHECK(same(best.take_sorted(), {{-std::numeric_limits<double>::infinity(), 1}}));
}

}  // namespace

int main() {
  it_is_a_sort_cut_short();
  the_worst_is_infinite_until_k_are_known();
  not_a_number_never_enters();
  return test::report("base_top_k");
}

#include "index/neighbors/all_rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "index/exact/screen.h"
#include "index/neighbors/descent.h"
#include "index/neighbors/leaf.h"
#include "index/neighbors/leaves.h"
#include "index/queries.h"
#include "index/rerank.h"

namespace nearabout::neighbors {
namespace {

using quantize::StoredScreen;

std::optional<StoredScreen> screen_of(const index::StoredIndex& index) {
  const storage::File& file = index.file();
  const std::optional<transform::CodeSpace> space = transform::code_space_of(index.descriptor().metric);
  if (!index.searcher().keeps_vectors() || !space || *space == transform::CodeSpace::inner_product) return {};
  return exact::screen_of(file, index.descriptor(), file.section(storage::SectionId::vectors),
                          quantize::kScreenOfExact);
}

StoredScreen needed_screen(const index::StoredIndex& index) {
  std::optional<StoredScreen> screen = screen_of(index);
  if (!screen) throw InvalidInputError("this index has no screen, whose codes are compared");
  return std::move(*screen);
}

// Returns how many rows are compared in full with each, for k neighbours: more where bytes tell less.
std::size_t kept_for(std::size_t k, const StoredScreen& screen) {
  constexpr std::size_t kMore = 4, kMoreOfDirections = 8;  // and a fraction of k
  return screen.screen.contraction.identity() ? k + k / 5 + kMore : k + k * 3 / 5 + kMoreOfDirections;
}

}  // namespace

bool AllRows::serves(const index::StoredIndex& index) { return screen_of(index).has_value(); }

AllRows::AllRows(const index::StoredIndex& index, std::size_t k, std::uint64_t seed, std::size_t threads,
                 const Monitor& monitor)
    : AllRows(index, needed_screen(index), k, seed, thread_count(threads), monitor) {}

AllRows::AllRows(const index::StoredIndex& index, const StoredScreen& screen, std::size_t k, std::uint64_t seed,
                 std::size_t threads, const Monitor& monitor)
    : index_(index),
      vectors_(index.file().section(storage::SectionId::vectors)),
      k_(k),
      seed_(seed),
      threads_(threads),
      points_(screen, threads, monitor),
      lists_(points_.count(), kept_for(k, screen)) {}

void AllRows::add_leaves(std::size_t several, std::size_t typical, const Monitor& monitor) {
  seed_ = Random(seed_).next();
  Division division = divide_into_leaves(points_, several, typical, seed_, threads_, subprogress(monitor, 0.0, 0.1));
  if (order_.empty()) reorder(division);
  std::vector<std::optional<Leaf>> workers(threads_);
  parallel_for(
      division.leaves.size(), 1, threads_,
      [&](std::size_t i, std::size_t, std::size_t worker) {
        if (!workers[worker]) workers[worker].emplace(points_, lists_);
        workers[worker]->compare(division.leaves[i]);
      },
      subprogress(monitor, 0.1, 1.0));
}

// From now on rows that are near each other are so in memory, too.
void AllRows::reorder(Division& division) {
  order_ = std::move(division.order);
  places_.resize(order_.size());
  for (std::size_t place = 0; place < order_.size(); ++place)
    places_[order_[place]] = static_cast<std::uint32_t>(place);
  points_ = BytePoints(points_, order_);
  for (std::vector<std::uint32_t>& leaf : division.leaves)
    for (std::uint32_t& row : leaf) row = places_[row];
}

void AllRows::descend(std::size_t followed, const Monitor& monitor) {
  lists_ = descended(points_, lists_, followed, threads_, monitor);
}

void AllRows::compare(const std::vector<std::uint32_t>& rows, const Monitor& monitor, index::Results& results) const {
  constexpr std::size_t kRowsPerComparison = 16;
  index::Request request;
  request.k = k_;
  const index::Descriptor& descriptor = index_.descriptor();
  const MatrixView table = vectors_.matrix();
  parallel_for(
      rows.size(), kRowsPerComparison, threads_,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        std::vector<std::uint32_t> near;
        std::vector<double> rdists(lists_.kept());
        for (std::size_t i = begin; i < end; ++i) {
          const MatrixView own = vectors_.rows(rows[i], std::uint64_t{rows[i]} + 1);
          const metric::BoundQuery query = index::bind_query(own, 0, descriptor);
          near.clear();
          for (const Scored candidate : lists_.of(places_[rows[i]])) near.push_back(order_[candidate.row()]);
          TopK best(k_);
          index::rerank(vectors_, {table.data, table.stride, near.data(), near.size()}, rdists.data(), best,
                        [&](const kernels::Rows& batch, double* out) { query.rdists(batch, out); });
          index::write_result(query, best, request, results, i);
        }
      },
      monitor);
}

}  // namespace nearabout::neighbors

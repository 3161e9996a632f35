// A kind of index for the tests alone: rows in the order of their first coordinate, of which a search compares the
// `effort` nearest in that order. It shows what a kind needs, and that nothing else has to know of it.
#include <algorithm>
#include <numeric>

#include "base/convert.h"
#include "base/threads.h"
#include "index/queries.h"
#include "index/registry.h"
#include "index/searcher.h"
#include "index/stored_rows.h"

namespace nearabout {
namespace {

constexpr std::uint32_t kPrefixNumber = 1'000;

class PrefixIndex : public index::Searcher {
 public:
  PrefixIndex(const storage::File& file, const index::Descriptor& descriptor)
      : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
        vectors_(&file.section(storage::SectionId::vectors)) {
    const MatrixView all = vectors_->matrix();
    for (std::size_t row = 0; row < rows(); ++row) order_.emplace_back(index::to_float32(all, row, row + 1)[0], row);
    std::sort(order_.begin(), order_.end());
  }

  index::EffortRange effort() const override { return {"rows", 1, rows(), true}; }
  double exact_cost(std::size_t, std::size_t count) const override { return static_cast<double>(count * dims()); }

 protected:
  std::size_t fallback_effort(std::size_t k) const override { return std::max(k, rows() / 2); }

  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override {
    const std::size_t least = std::min(request.k + index::most_excluded(request), rows());
    const std::size_t count = budget.every_row ? rows() : std::clamp(budget.effort, least, rows());
    const auto search = [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t i = begin; i < end; ++i) {
        const metric::BoundQuery query = index::bind_query(queries, i, descriptor());
        TopK best = index::top_k_of(query, request, request.k, i);
        compare(query, index::to_float32(queries, i, i + 1)[0], count, best);
        index::write_result(query, best, request, results, i);
        if (!budget.every_row) results.set_effort(i, static_cast<std::int64_t>(count));
      }
    };
    parallel_for(queries.rows, 1, thread_count(request.threads), search, request.monitor);
  }

  void copy_vector(std::uint32_t row, std::byte* to) const override {
    index::copy_row(*vectors_, row, row_bytes(descriptor().element, dims()), to);
  }

 private:
  void compare(const metric::BoundQuery& query, float first, std::size_t count, TopK& best) const {
    const auto nearest = std::lower_bound(order_.begin(), order_.end(), std::pair{first, std::size_t{0}});
    const auto at = static_cast<std::size_t>(nearest - order_.begin());
    const std::size_t begin = std::min(at - std::min(count / 2, at), rows() - count);
    const MatrixView all = vectors_->matrix();
    std::vector<std::uint32_t> some;
    for (std::size_t i = begin; i < begin + count; ++i) some.push_back(static_cast<std::uint32_t>(order_[i].second));
    for (const std::uint32_t row : some) vectors_->check_rows(row, std::uint64_t{row} + 1);
    std::vector<double> rdists(count);
    query.rdists({all.data, all.stride, some.data(), count}, rdists.data());
    for (std::size_t i = 0; i < count; ++i) best.push(rdists[i], some[i]);
  }

  const storage::Section* vectors_;
  std::vector<std::pair<float, std::size_t>> order_;  // first coordinate and row
};

std::unique_ptr<const index::Searcher> open(const storage::File& file, const index::Descriptor& descriptor) {
  return std::make_unique<const PrefixIndex>(file, descriptor);
}

void write(storage::Writer& writer, const index::ValidatedRows& rows, const index::KindBuild& build,
           const Monitor& monitor) {
  build.parameters.expect({});
  index::write_descriptor(writer, {kPrefixNumber, rows.metric(), rows.element(), rows.rows(), rows.dims()});
  writer.add_text(storage::SectionId::metadata, build.metadata);
  rows.write(writer, monitor);
}

[[maybe_unused]] const bool registered = (index::register_kind({kPrefixNumber, "prefix", open, write}), true);

}  // namespace
}  // namespace nearabout

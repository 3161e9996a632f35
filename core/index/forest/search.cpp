// Searches a forest: finds the nearest leaves, scores their rows by sketches, and compares the most promising in full.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/row_set.h"
#include "base/scored.h"
#include "base/threads.h"
#include "index/forest/costs.h"
#include "index/forest/ranking.h"
#include "index/forest/recall_profile.h"
#include "index/queries.h"
#include "kernels/kernels.h"

namespace nearabout {
namespace {

constexpr std::size_t kMin = 10;              // least number of neighbours searched for
constexpr std::size_t kBatch = 8;             // rows compared by one call
constexpr std::size_t kWaitingRoom = 32;      // rows that may wait before they are next examined
constexpr std::size_t kQueriesAtATime = 16;   // queries per task of a thread, between two checks for cancellation
constexpr double kQueryNanoseconds = 10'000;  // approximate cost; more with effort
constexpr std::size_t kFetched = 512;         // bytes of a row that are prefetched: the hardware follows from there
constexpr std::uint64_t kLine = 64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

void fetch(const storage::Section& section, std::uint64_t begin, std::uint64_t bytes) {
  for (std::uint64_t line = 0; line < bytes; line += kLine) section.fetch(begin + line);
}

}  // namespace

// The budget of a query.
struct ForestBudget {
  std::size_t effort;
  std::size_t kept;           // number of neighbours searched for
  double misses = kNoLimit;   // limit of expected misses, if the query is guarded
  double recall = 0;          // target recall of a guarded query
  double every_row_cost = 0;  // nanoseconds to compare every row
};

struct ForestCost {
  std::size_t rows = 0, rounds = 0;
  std::size_t quiet = 0;  // consecutive rounds that found hardly anything new
  bool every_row = false, out_of_distribution = false;
};

// One thread's work space, reused for one query after another.
class ForestSearch {
 public:
  explicit ForestSearch(const ForestLayout& layout)
      : layout_(layout), ranking_(layout), codes_(layout.tree_codes->matrix()), rows_(layout.vectors->matrix()) {}

  // Finds the best of at least `effort` rows, and of more if the query is guarded and has probably missed neighbours.
  ForestCost search(const BoundQuery& query, const SketchQuery& sketch, const ForestBudget& allowance, TopK& best) {
    start(query, sketch, allowance.effort, allowance.kept, best);
    const bool guarded = allowance.misses < kNoLimit;
    ForestCost used;
    std::size_t next = 0;
    std::size_t wanted = allowance.effort;
    const std::vector<LeafSpan>* leaves = &ranking_.rank(sketch, wanted, guarded);
    if (leaves->empty()) return used;  // a file whose centroids are not numbers
    const double nearest = std::max(0.0, double{leaves->front().key} + sketch.square());
    if (guarded && layout_.guard.is_strange(nearest)) {  // its neighbours may be anywhere
      used.every_row = used.out_of_distribution = true;
      return used;
    }
    for (;;) {
      next = look_at_leaves(*leaves, next, wanted, used.rows);
      settle();
      if (!guarded || next == leaves->size()) return used;
      wanted = used.rows + std::max<std::size_t>(used.rows / 2, layout_.leaf_size);
      if (!goes_on(expected_misses(*leaves, next, best), nearest, wanted, allowance, used)) return used;
      widen(allowance.kept, wanted);
      if (used.rounds == 1) ranking_.sort_beyond();
      if (rows_with_beyond(wanted) <= rows_of(*leaves)) continue;
      leaves = &ranking_.rank(sketch, rows_with_beyond(2 * wanted), false);
      // With groups of leaves, more rows may also bring nearer leaves, so all leaves are examined again.
      if (layout_.levels.size() > 1) next = used.rows = 0;
    }
  }

 private:
  static std::size_t rows_of(const std::vector<LeafSpan>& leaves) {
    std::size_t rows = 0;
    for (const LeafSpan& leaf : leaves) rows += leaf.end - leaf.begin;
    return rows;
  }

  // Returns true if a guarded query examines `wanted` rows next, because it expects more misses than its limit. A query
  // that would take too long is flagged to be compared with every row.
  bool goes_on(double misses, double nearest, std::size_t wanted, const ForestBudget& allowance, ForestCost& used) {
    if (dropped_ < score_limit()) {  // rows that may be near were dropped for lack of room
      used.every_row = used.out_of_distribution = true;
      return false;
    }
    const bool first = used.rounds == 0;
    const std::size_t entered = best_->entered();
    const bool is_quiet = !first && Guard::is_little(entered - entered_before_, allowance.kept, allowance.recall);
    used.quiet = is_quiet ? used.quiet + 1 : 0;
    const double limit =
        layout_.guard.limit_of(allowance.misses, allowance.kept, allowance.recall, nearest, sketch_->square());
    if (first) used.out_of_distribution = misses > Guard::kFarFromTypical * limit;
    if (!(misses > limit) || used.quiet >= Guard::quiet_rounds(misses, limit)) return false;
    used.every_row = costs_more(wanted, Guard::most_spent(false, first, misses, limit) * allowance.every_row_cost);
    entered_before_ = entered;
    ++used.rounds;
    return !used.every_row;
  }

  // Returns true if examining this many rows of leaves takes longer than `nanoseconds`.
  bool costs_more(std::size_t wanted, double nanoseconds) const {
    return static_cast<double>(wanted) > rows_within(nanoseconds, layout_.sketch.width());
  }

  // Returns the rows of leaves to rank, including those ranked beyond the examined ones (guard.h).
  std::size_t rows_with_beyond(std::size_t effort) const {
    const std::size_t leaves = effort / std::max<std::size_t>(1, layout_.leaf_size) + 1;
    return effort + lists_beyond(leaves) * layout_.leaf_size;
  }

  // Examines leaves from number `next` on until `wanted` rows have been examined; returns the number of the next leaf.
  std::size_t look_at_leaves(const std::vector<LeafSpan>& leaves, std::size_t next, std::size_t wanted,
                             std::size_t& rows) {
    for (; next < leaves.size() && rows < wanted; ++next) {
      if (next + 1 < leaves.size()) fetch_leaf(leaves[next + 1]);
      look_at(leaves[next]);
      rows += leaves[next].end - leaves[next].begin;
      if (waiting_.size() >= next_look_) layout_.scores_are_estimates() ? tighten() : shorten();
    }
    return next;
  }

  double expected_misses(const std::vector<LeafSpan>& leaves, std::size_t next, const TopK& best) {
    beyond_.clear();
    const std::size_t end = std::min(leaves.size(), next + lists_beyond(next));
    for (std::size_t leaf = next; leaf < end; ++leaf) beyond_.push_back({leaves[leaf].key, leaves[leaf].leaf});
    const double worst = best.worst();
    const float score =
        worst < std::numeric_limits<double>::infinity() ? static_cast<float>(sketch_->score_of(worst)) : kInfinity;
    return expected_rows(layout_.residuals, layout_.guard.lambda, beyond_, score, sketch_->square()) /
           static_cast<double>(layout_.trees);  // a missed row has a leaf in each tree
  }

  // Allows more rows, of more leaves, to wait. Called after all waiting rows have been examined.
  void widen(std::size_t k, std::size_t effort) {
    waiting_.clear();
    depth_ = std::max(depth_, (4 * k + 96 + effort / 8) * std::min<std::size_t>(layout_.trees, 3));
    next_look_ = layout_.scores_are_estimates() ? 2 * k + kBatch : 2 * depth_;
    threshold_ = layout_.scores_are_estimates() ? score_limit() : kInfinity;
  }

  void start(const BoundQuery& query, const SketchQuery& sketch, std::size_t effort, std::size_t k, TopK& best) {
    query_ = &query;
    sketch_ = &sketch;
    best_ = &best;
    chunk_rows_ = k + kBatch;
    depth_ = (4 * k + 96 + effort / 8) * std::min<std::size_t>(layout_.trees, 3);
    next_look_ = layout_.scores_are_estimates() ? 2 * k + kBatch : 2 * depth_;
    threshold_ = layout_.scores_are_estimates() ? score_limit() : kInfinity;
    dropped_ = kInfinity;
    entered_before_ = 0;
    waiting_.clear();
    compared_.clear();
  }

  // Returns the score above which rows are not expected to be among the best any more.
  float score_limit() const {
    const double worst = best_->worst();
    if (worst == std::numeric_limits<double>::infinity()) return kInfinity;
    return static_cast<float>(sketch_->score_within(worst));
  }

  void look_at(const LeafSpan& leaf) {
    const std::size_t count = leaf.end - leaf.begin;
    if (dots_.size() < count) {
      dots_.resize(count);
      hits_.resize(count + 16);
      scores_.resize(count + 16);
    }
    layout_.tree_codes->check_rows(leaf.begin, leaf.end);
    const kernels::ScreenKernels& kernels = kernels::table().screen;
    kernels.rows(sketch_->bytes(), {codes_.row(leaf.begin), codes_.stride, nullptr, count}, codes_.dims, 0,
                 dots_.data());
    const storage::Section* offsets = layout_.tree_offsets;
    const float* added = offsets ? offsets->items<float>(leaf.begin, count).data() : nullptr;
    const std::size_t found = kernels.hits(dots_.data(), count, {added, nullptr, sketch_->scale(), 0, threshold_},
                                           hits_.data(), scores_.data());
    if (found == 0) return;
    const std::uint32_t* rows = layout_.tree_rows->items<std::uint32_t>(leaf.begin, count).data();
    for (std::size_t i = 0; i < found; ++i) waiting_.emplace_back(scores_[i], rows[hits_[i]]);
  }

  // Compares the most promising of the waiting rows, and drops the rows that this rules out.
  void tighten() {
    const std::size_t count = std::min(chunk_rows_, waiting_.size());
    std::nth_element(waiting_.begin(), place(count - 1), waiting_.end());
    compare(0, count);
    waiting_.erase(waiting_.begin(), place(count));
    threshold_ = std::min(threshold_, score_limit());
    const Scored last(threshold_, 0xFFFF'FFFFu);
    std::erase_if(waiting_, [&](const Scored& waiting) { return waiting > last; });
    if (waiting_.size() > depth_) shorten();
    next_look_ = 2 * waiting_.size() + kWaitingRoom;
    chunk_rows_ = 2 * kBatch;
  }

  // Keeps the most promising rows, as many as are compared at most.
  void shorten() {
    if (waiting_.size() <= depth_) return;
    std::nth_element(waiting_.begin(), place(depth_ - 1), waiting_.end());
    waiting_.resize(depth_);
    threshold_ = waiting_.back().score();
    dropped_ = std::min(dropped_, threshold_);
  }

  // Compares the most promising first, until those that follow are not expected to be among the best.
  void settle() {
    shorten();
    std::sort(waiting_.begin(), waiting_.end());
    for (std::size_t next = 0; next < waiting_.size(); next += kBatch) {
      if (layout_.scores_are_estimates() && waiting_[next].score() > score_limit()) return;
      compare(next, std::min(next + kBatch, waiting_.size()));
    }
  }

  // Compares the waiting rows at [begin, end) in full; skips a row that was already compared, from another tree.
  void compare(std::size_t begin, std::size_t end) {
    std::uint32_t rows[kBatch];
    while (begin < end) {
      std::size_t count = 0;
      for (; begin < end && count < kBatch; ++begin) {
        const std::uint32_t row = waiting_[begin].row();
        if (!compared_.insert(row)) continue;
        fetch(*layout_.vectors, std::uint64_t{row} * rows_.stride, std::min(rows_.stride, kFetched));
        rows[count++] = row;
      }
      compare_batch(rows, count);
    }
  }

  void compare_batch(const std::uint32_t* rows, std::size_t count) {
    double rdists[kBatch];
    for (std::size_t i = 0; i < count; ++i) layout_.vectors->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
    query_->rdists({rows_.data, rows_.stride, rows, count}, rdists);
    for (std::size_t i = 0; i < count; ++i) best_->push(rdists[i], rows[i]);
  }

  void fetch_leaf(const LeafSpan& leaf) const {
    fetch(*layout_.tree_codes, leaf.begin * codes_.stride, (leaf.end - leaf.begin) * codes_.stride);
  }

  std::vector<Scored>::iterator place(std::size_t index) {
    return waiting_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  const ForestLayout& layout_;
  LeafRanking ranking_;
  MatrixView codes_, rows_;
  const BoundQuery* query_ = nullptr;
  const SketchQuery* sketch_ = nullptr;
  TopK* best_ = nullptr;
  std::size_t chunk_rows_ = 0;  // waiting rows compared each time they are examined
  std::size_t depth_ = 0;       // largest number of waiting rows
  std::size_t next_look_ = 0;   // number of waiting rows at which they are examined next
  float threshold_ = kInfinity;
  float dropped_ = kInfinity;  // least score of rows dropped for lack of room
  std::vector<Scored> waiting_;
  RowSet compared_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> scores_;
  std::vector<RankedList> beyond_;
  std::size_t entered_before_ = 0;
};

std::size_t ForestIndex::fallback_effort(std::size_t k) const {
  constexpr double kTypicalNeighbours = 10;
  // More neighbours are in more leaves, but the number of leaves grows more slowly than that of neighbours.
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / kTypicalNeighbours));
  const double effort = static_cast<double>(layout_.fallback_effort);
  // Tiny leaves and tiny tables make the task look too easy: the neighbours by sketches are then those that leaves are
  // ranked by.
  const double least = 100 + 10 * static_cast<double>(k);
  return static_cast<std::size_t>(std::max(effort * wider, least));
}

std::unique_ptr<RecallProfile> ForestIndex::profile(const CalibrationQueries& calibration_queries,
                                                    const BuildOptions& build, const Monitor& monitor) const {
  return std::make_unique<ForestRecallProfile>(*this, calibration_queries, build, monitor);
}

void ForestIndex::do_search(MatrixView queries, const Request& request, const Budget& budget, Results& results) const {
  const std::size_t wanted = budget.effort;
  if (budget.every_row || wanted >= rows()) return scan_.search_in_order(queries, request, results);
  const std::size_t effort = std::max(wanted, request.radius ? 1 : request.k);
  const std::vector<BoundQuery> bound = bind_queries(queries, descriptor());
  const float radius = radius_of(request);

  // A limit at the single nearest row so far would lose it among the sketches too often.
  const std::size_t kept = request.radius ? request.k : std::min(std::max(request.k, kMin), rows());
  ForestBudget allowance{effort, kept};
  if (budget.guarded && !layout_.guard.limits.empty()) {
    allowance.recall = budget.recall;
    allowance.misses = layout_.guard.limit(kept, effort, budget.recall);
    allowance.every_row_cost = exact_cost(request.k);
  }
  const double work = static_cast<double>(queries.rows) * (kQueryNanoseconds + 2 * static_cast<double>(effort));
  const std::size_t threads = worthwhile_threads(work, request.threads);
  std::vector<std::unique_ptr<ForestSearch>> searches(threads);
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    if (!searches[worker]) searches[worker] = std::make_unique<ForestSearch>(layout_);
    const std::vector<float> vectors = to_float32(queries, begin, end);
    const std::vector<SketchQuery> sketches = SketchQuery::bind(layout_.sketch, vectors.data(), end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      TopK best(kept, rdist_within(bound[i], radius));
      const ForestCost used = searches[worker]->search(bound[i], sketches[i - begin], allowance, best);
      write_result(bound[i], best, request, results, i);
      results.set_effort(i, used.every_row ? kEveryRow : static_cast<std::int64_t>(used.rows));
      results.set_out_of_distribution(i, used.out_of_distribution);
    }
  };
  parallel_for(queries.rows, kQueriesAtATime, threads, run, request.monitor);
  // Trees that share most of their rows may give fewer than k.
  if (!request.radius) retry_short_results(queries, request, 4 * effort, results);
}

}  // namespace nearabout

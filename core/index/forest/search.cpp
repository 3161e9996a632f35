// Searching a forest: the nearest leaves, their rows by sketches, the most promising of those in full.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/marked.h"
#include "base/row_set.h"
#include "base/threads.h"
#include "index/forest/ranking.h"
#include "index/forest/trace.h"
#include "index/queries.h"
#include "kernels/kernels.h"

namespace nearabout {
namespace {

constexpr std::size_t kFewest = 10;             // neighbours that are looked for, at least
constexpr std::size_t kBatch = 8;               // rows compared by one call
constexpr std::size_t kWaitingRoom = 32;        // rows that may wait before the next look at them
constexpr std::size_t kQueriesAtATime = 16;     // a thread's share, between two looks at whether to stop
constexpr double kQueryNanoseconds = 10'000;    // about, and more with effort
constexpr double kThreadNanoseconds = 200'000;  // of work, at least, for a thread to be worth starting
constexpr std::size_t kFetched = 512;  // bytes of a row that are asked for in advance: the rest follows by itself
constexpr std::uint64_t kLine = 64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void fetch(const storage::Section& section, std::uint64_t begin, std::uint64_t bytes) {
  for (std::uint64_t line = 0; line < bytes; line += kLine) section.fetch(begin + line);
}

void shorten(Answer& answer, std::size_t k) {
  answer.rows.resize(k);
  answer.distances.resize(k);
}

}  // namespace

// One thread's work space, and its way through one query after another.
class ForestSearch {
 public:
  explicit ForestSearch(const ForestIndex& forest)
      : forest_(forest), ranking_(forest), codes_(forest.tree_codes_->matrix()), rows_(forest.vectors_->matrix()) {}

  // The best of at least `effort` rows.
  void search(const BoundQuery& query, const SketchQuery& sketch, std::size_t effort, std::size_t k, TopK& best) {
    start(query, sketch, effort, k, best);
    const std::vector<LeafSpan>& leaves = ranking_.rank(sketch, effort);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (i + 1 < leaves.size()) fetch_leaf(leaves[i + 1]);
      look_at(leaves[i]);
      if (waiting_.size() >= next_look_) by_estimate() ? tighten() : shorten();
    }
    settle();
  }

 private:
  // Whether marks are estimates of the ranks: under manhattan they are those of another metric, and say less.
  bool by_estimate() const { return forest_.descriptor().metric != Metric::manhattan; }

  void start(const BoundQuery& query, const SketchQuery& sketch, std::size_t effort, std::size_t k, TopK& best) {
    query_ = &query;
    sketch_ = &sketch;
    best_ = &best;
    some_ = k + kBatch;
    depth_ = (4 * k + 96 + effort / 8) * std::min<std::size_t>(forest_.trees_, 3);
    next_look_ = by_estimate() ? 2 * k + kBatch : 2 * depth_;
    threshold_ = by_estimate() ? mark_limit() : kInfinity;
    waiting_.clear();
    compared_.clear();
  }

  // The mark of rows that are not expected to be among the best any more.
  float mark_limit() const {
    const double worst = best_->worst();
    if (worst == std::numeric_limits<double>::infinity()) return kInfinity;
    return static_cast<float>(sketch_->mark_within(worst));
  }

  void look_at(const LeafSpan& leaf) {
    const std::size_t count = leaf.end - leaf.begin;
    if (dots_.size() < count) {
      dots_.resize(count);
      hits_.resize(count + 16);
      marks_.resize(count + 16);
    }
    forest_.tree_codes_->check_rows(leaf.begin, leaf.end);
    const kernels::ScreenKernels& kernels = kernels::table().screen;
    kernels.rows(sketch_->bytes(), {codes_.row(leaf.begin), codes_.stride, nullptr, count}, codes_.dims, 0,
                 dots_.data());
    const storage::Section* offsets = forest_.tree_offsets_;
    const float* added = offsets ? offsets->items<float>(leaf.begin, count).data() : nullptr;
    const std::size_t found = kernels.hits(dots_.data(), count, {added, nullptr, sketch_->scale(), 0, threshold_},
                                           hits_.data(), marks_.data());
    if (found == 0) return;
    const std::uint32_t* rows = forest_.tree_rows_->items<std::uint32_t>(leaf.begin, count).data();
    for (std::size_t i = 0; i < found; ++i) waiting_.emplace_back(marks_[i], rows[hits_[i]]);
  }

  // Compares the most promising of those that wait, and drops what that rules out.
  void tighten() {
    const std::size_t count = std::min(some_, waiting_.size());
    std::nth_element(waiting_.begin(), place(count - 1), waiting_.end());
    compare(0, count);
    waiting_.erase(waiting_.begin(), place(count));
    threshold_ = std::min(threshold_, mark_limit());
    const Marked last(threshold_, 0xFFFF'FFFFu);
    std::erase_if(waiting_, [&](const Marked& waiting) { return waiting > last; });
    if (waiting_.size() > depth_) shorten();
    next_look_ = 2 * waiting_.size() + kWaitingRoom;
    some_ = 2 * kBatch;
  }

  // Keeps the most promising, as many as are compared at most.
  void shorten() {
    if (waiting_.size() <= depth_) return;
    std::nth_element(waiting_.begin(), place(depth_ - 1), waiting_.end());
    waiting_.resize(depth_);
    threshold_ = waiting_.back().mark();
  }

  // The most promising first, until those that follow are not expected to be among the best.
  void settle() {
    shorten();
    std::sort(waiting_.begin(), waiting_.end());
    for (std::size_t next = 0; next < waiting_.size(); next += kBatch) {
      if (by_estimate() && waiting_[next].mark() > mark_limit()) return;
      compare(next, std::min(next + kBatch, waiting_.size()));
    }
  }

  // Those that wait at [begin, end), in full; a row that was compared before, found in another tree, once only.
  void compare(std::size_t begin, std::size_t end) {
    std::uint32_t rows[kBatch];
    while (begin < end) {
      std::size_t count = 0;
      for (; begin < end && count < kBatch; ++begin) {
        const std::uint32_t row = waiting_[begin].row();
        if (!compared_.insert(row)) continue;
        fetch(*forest_.vectors_, std::uint64_t{row} * rows_.stride, std::min(rows_.stride, kFetched));
        rows[count++] = row;
      }
      compare_batch(rows, count);
    }
  }

  void compare_batch(const std::uint32_t* rows, std::size_t count) {
    double ranks[kBatch];
    for (std::size_t i = 0; i < count; ++i) forest_.vectors_->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
    query_->ranks({rows_.data, rows_.stride, rows, count}, ranks);
    for (std::size_t i = 0; i < count; ++i) best_->push(ranks[i], rows[i]);
  }

  void fetch_leaf(const LeafSpan& leaf) const {
    fetch(*forest_.tree_codes_, leaf.begin * codes_.stride, (leaf.end - leaf.begin) * codes_.stride);
  }

  std::vector<Marked>::iterator place(std::size_t index) {
    return waiting_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  const ForestIndex& forest_;
  LeafRanking ranking_;
  MatrixView codes_, rows_;
  const BoundQuery* query_ = nullptr;
  const SketchQuery* sketch_ = nullptr;
  TopK* best_ = nullptr;
  std::size_t some_ = 0;       // rows that a look at those that wait compares
  std::size_t depth_ = 0;      // the most that wait
  std::size_t next_look_ = 0;  // when so many wait
  float threshold_ = kInfinity;
  std::vector<Marked> waiting_;
  RowSet compared_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> marks_;
};

std::size_t ForestIndex::usual_effort(std::size_t k) const {
  constexpr double kShare = 0.97;  // in the leaves: some of them are lost among the sketches
  constexpr double kUsualNeighbours = 10;
  double effort = static_cast<double>(rows());
  for (const EffortPoint& point : efforts_)
    if (point.share >= kShare) {
      effort = std::min(effort, point.effort);
      break;
    }
  // More neighbours lie in more leaves: not so many more as there are neighbours.
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / kUsualNeighbours));
  // Tiny leaves, and tiny tables, make it seem too easy: neighbours by sketches are then what leaves are ranked by.
  const double least = 100 + 10 * static_cast<double>(k);
  return static_cast<std::size_t>(std::max(effort * wider, least));
}

std::unique_ptr<Trace> ForestIndex::trace(const Trials& trials, const BuildOptions& build,
                                          const Monitor& monitor) const {
  return std::make_unique<ForestTrace>(*this, trials, build, monitor);
}

std::vector<Answer> ForestIndex::search_some(MatrixView queries, const Request& request) const {
  const std::size_t wanted = request.effort.value_or(default_effort(request.radius ? 10 : request.k));
  // As many rows as there are: then they are read in order, once, and nothing is left out.
  if (request.exact || wanted >= rows()) return scan_.search_in_order(queries, request);
  const std::size_t effort = std::max(wanted, request.radius ? 1 : request.k);
  const std::vector<BoundQuery> bound = bind_queries(queries, descriptor());
  const float radius = radius_of(request);

  // A limit at the one nearest so far would lose it among the sketches too often.
  const std::size_t kept = request.radius ? request.k : std::min(std::max(request.k, kFewest), rows());
  std::vector<Answer> answers(queries.rows);
  const double work = static_cast<double>(queries.rows) * (kQueryNanoseconds + 2 * static_cast<double>(effort));
  const auto most = static_cast<std::size_t>(std::max(1.0, work / kThreadNanoseconds));
  const std::size_t threads = std::min(thread_count(request.threads), most);
  std::vector<std::unique_ptr<ForestSearch>> searches(threads);
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    if (!searches[worker]) searches[worker] = std::make_unique<ForestSearch>(*this);
    const std::vector<float> vectors = widened(queries, begin, end);
    const std::vector<SketchQuery> sketches = SketchQuery::bind(sketch_, vectors.data(), end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      TopK best(kept, rank_within(bound[i], radius));
      searches[worker]->search(bound[i], sketches[i - begin], effort, kept, best);
      answers[i] = answer_of(bound[i], best, radius);
      if (answers[i].rows.size() > request.k) shorten(answers[i], request.k);
    }
  };
  parallel_for(queries.rows, kQueriesAtATime, threads, run, request.monitor);
  // Trees that share most of their rows may give fewer than k.
  if (!request.radius) ask_again(queries, request, 4 * effort, answers);
  return answers;
}

}  // namespace nearabout

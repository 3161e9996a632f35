// The exact scan. Work is cut into tasks, a group of queries against a range of rows each; a task keeps the k best of
// its own, and the tasks of a query are merged, so the answer does not depend on the cut.
#include <algorithm>
#include <memory>

#include "base/aligned.h"
#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"
#include "index/exact/candidates.h"
#include "index/exact/exact.h"

namespace nearabout {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kGroupQueries = 128;      // their codes stay in the second-level cache
constexpr std::size_t kFewQueries = 4;          // below, panels do not pay for their packing
constexpr std::size_t kBlockRows = 2048;        // the first of them give a threshold
constexpr double kThreadNanoseconds = 100'000;  // of work, at least, for a thread to be worth starting

// Queries bound to the rows, and their screens.
struct Bound {
  std::vector<BoundQuery> queries;
  std::vector<ScreenQuery> screens;
};

// The terms of a block of rows.
struct Terms {
  const float* offsets;
  const float* errors;
  Terms from(std::size_t row) const { return {offsets + row, errors + row}; }
};

Bound bind(MatrixView queries, const Descriptor& descriptor, const StoredScreen* stored) {
  Bound bound;
  bound.queries.reserve(queries.rows);
  for (std::size_t i = 0; i < queries.rows; ++i) {
    try {
      bound.queries.emplace_back(descriptor.metric, descriptor.element, queries.dims, queries.row(i), queries.element);
    } catch (const InvalidInput& error) {
      if (queries.rows == 1) throw;
      throw InvalidInput("query " + std::to_string(i) + ": " + error.what());
    }
  }
  if (!stored) return bound;
  std::vector<float> wide(queries.rows * queries.dims);
  for (std::size_t i = 0; i < queries.rows; ++i)
    to_f32(queries.element, queries.row(i), queries.dims, wide.data() + i * queries.dims);
  bound.screens = ScreenQuery::bind(stored->screen, wide.data(), queries.rows);
  return bound;
}

}  // namespace

// Some queries against some rows.
class ExactIndex::Task {
 public:
  Task(const ExactIndex& index, const Bound& bound, std::size_t first, std::size_t count, std::size_t k,
       std::vector<TopK>& best)
      : index_(index), bound_(bound), first_(first), count_(count), k_(k), best_(best) {}

  void run(std::size_t begin, std::size_t end) {
    if (index_.screen_)
      run_screened(begin, end);
    else
      run_plain(begin, end);
  }

 private:
  // Every row compared in full, a block at a time, so that a block is read from memory once for all queries of the
  // group.
  void run_plain(std::size_t begin, std::size_t end) {
    const std::size_t step = std::clamp<std::size_t>(262'144 / std::max<std::size_t>(rows().stride, 1), 16, kBlockRows);
    std::vector<double> ranks(step);
    for (std::size_t at = begin; at < end; at += step) {
      const std::size_t some = std::min(step, end - at);
      index_.vectors_->check_rows(at, at + some);
      for (std::size_t q = 0; q < count_; ++q) {
        bound_.queries[first_ + q].ranks({rows().row(at), rows().stride, nullptr, some}, ranks.data());
        for (std::size_t i = 0; i < some; ++i)
          if (ranks[i] <= best_[q].worst()) best_[q].push(ranks[i], static_cast<std::uint32_t>(at + i));
      }
    }
  }

  void run_screened(std::size_t begin, std::size_t end) {
    std::vector<Candidates> candidates;
    candidates.reserve(count_);
    for (std::size_t q = 0; q < count_; ++q)
      candidates.emplace_back(bound_.queries[first_ + q], bound_.screens[first_ + q], *index_.vectors_, best_[q]);
    gather_codes();
    const StoredScreen& stored = *index_.screen_;
    // Looks at what waits come when the rows seen have doubled: the threshold falls with their logarithm.
    std::size_t look = begin + 2 * kBlockRows;
    for (std::size_t at = begin; at < end; at += kBlockRows) {
      const std::size_t some = std::min(kBlockRows, end - at);
      stored.codes->check_rows(at, at + some);
      const Terms terms{stored.terms->items<float>(at, some).data(),
                        stored.terms->items<float>(index_.rows() + at, some).data()};
      if (count_ <= kFewQueries)
        scan_rows(at, some, terms, at == begin, candidates);
      else
        scan_panels(at, some, terms, at == begin, candidates);
      const bool looking = at + some >= look;
      for (Candidates& candidate : candidates) looking ? candidate.tighten(k_) : candidate.keep_short(k_);
      if (looking) look = begin + 2 * (look - begin);
    }
    for (Candidates& candidate : candidates) candidate.settle(k_);
  }

  // Marks without slack, which is not known before the first rows are compared.
  void write_marks(std::size_t query, const std::int32_t* dots, const float* offsets, std::size_t count,
                   float* marks) const {
    const float scale = bound_.screens[first_ + query].scale();
    for (std::size_t i = 0; i < count; ++i) marks[i] = offsets[i] + scale * static_cast<float>(dots[i]);
  }

  kernels::Screen screen_for(std::size_t query, const Terms& terms, const Candidates& candidates) const {
    const Limit& limit = candidates.limit();
    return {terms.offsets, terms.errors, bound_.screens[first_ + query].scale(), limit.slack, limit.threshold};
  }

  void scan_rows(std::size_t at, std::size_t some, const Terms& terms, bool starting,
                 std::vector<Candidates>& candidates) {
    const StoredScreen& stored = *index_.screen_;
    const MatrixView codes = stored.codes->matrix();
    for (std::size_t q = 0; q < count_; ++q) {
      kernel_.rows(bound_.screens[first_ + q].bytes().data(), {codes.row(at), codes.stride, nullptr, some}, codes.dims,
                   stored.flip, dots_.data());
      if (starting) {
        write_marks(q, dots_.data(), terms.offsets, some, marks_.data());
        candidates[q].start(static_cast<std::uint32_t>(at), marks_.data(), terms.errors, some, k_);
        continue;
      }
      const std::size_t found =
          kernel_.hits(dots_.data(), some, screen_for(q, terms, candidates[q]), hits_.data(), marks_.data());
      candidates[q].add(static_cast<std::uint32_t>(at), hits_.data(), marks_.data(), found);
    }
  }

  void scan_panels(std::size_t at, std::size_t some, const Terms& terms, bool starting,
                   std::vector<Candidates>& candidates) {
    const StoredScreen& stored = *index_.screen_;
    const MatrixView codes = stored.codes->matrix();
    for (std::size_t row = 0; row < some; row += kPanelRows) {
      const std::size_t count = std::min(kPanelRows, some - row);
      kernel_.pack_panel(codes.row(at + row), codes.stride, count, codes.dims, stored.flip, panel());
      for (std::size_t q = 0; q < count_; q += kPanelQueries) {
        const std::size_t queries = std::min(kPanelQueries, count_ - q);
        kernel_.panel_dot(panel(), query_codes() + q * query_stride_, query_stride_, queries, codes.dims, panel_dots());
        for (std::size_t i = 0; i < queries; ++i) {
          if (starting) {
            write_marks(q + i, panel_dots() + i * kPanelRows, terms.offsets + row, count,
                        first_marks_.data() + (q + i) * kBlockRows + row);
            continue;
          }
          const std::size_t found =
              kernel_.hits(panel_dots() + i * kPanelRows, count, screen_for(q + i, terms.from(row), candidates[q + i]),
                           hits_.data(), marks_.data());
          if (found) candidates[q + i].add(static_cast<std::uint32_t>(at + row), hits_.data(), marks_.data(), found);
        }
      }
    }
    for (std::size_t q = 0; starting && q < count_; ++q)
      candidates[q].start(static_cast<std::uint32_t>(at), first_marks_.data() + q * kBlockRows, terms.errors, some, k_);
  }

  // The queries' codes side by side, and room for what the kernels write.
  void gather_codes() {
    const std::size_t dims = index_.screen_->screen.contraction.outputs();
    query_stride_ = kernels::padded_dims(dims);
    if (count_ > kFewQueries) {
      query_codes_ = aligned_bytes(count_ * query_stride_);
      first_marks_.resize(count_ * kBlockRows);
      panel_ = aligned_bytes(kernels::panel_bytes(dims));
      panel_dots_ = aligned_bytes(kPanelQueries * kPanelRows * sizeof(std::int32_t));
      for (std::size_t q = 0; q < count_; ++q) {
        const std::vector<std::int8_t>& bytes = bound_.screens[first_ + q].bytes();
        std::copy(bytes.begin(), bytes.end(), query_codes() + q * query_stride_);
      }
    } else {
      dots_.resize(kBlockRows);
    }
    hits_.resize(kBlockRows + 16);
    marks_.resize(kBlockRows + 16);
  }

  MatrixView rows() const { return index_.vectors_->matrix(); }
  std::int8_t* query_codes() { return static_cast<std::int8_t*>(static_cast<void*>(query_codes_.get())); }
  std::uint8_t* panel() { return static_cast<std::uint8_t*>(static_cast<void*>(panel_.get())); }
  std::int32_t* panel_dots() { return static_cast<std::int32_t*>(static_cast<void*>(panel_dots_.get())); }

  const ExactIndex& index_;
  const Bound& bound_;
  std::size_t first_, count_, k_;
  std::vector<TopK>& best_;
  const kernels::ScreenKernels& kernel_ = kernels::table().screen;
  std::size_t query_stride_ = 0;
  AlignedBytes query_codes_, panel_, panel_dots_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> marks_;
  std::vector<float> first_marks_;  // of each query of the group
};

std::size_t ExactIndex::useful_threads(std::size_t queries, std::size_t threads) const {
  const std::size_t bytes = screen_ ? screen_->screen.contraction.outputs() : row_bytes(descriptor().element, dims());
  const double work = static_cast<double>(queries) * static_cast<double>(rows()) *
                      (0.2 + (screen_ ? 0.01 : 0.1) * static_cast<double>(bytes));
  const double most = work / kThreadNanoseconds;
  return std::clamp<std::size_t>(most < 1 ? 1 : static_cast<std::size_t>(std::min(most, 1e6)), 1,
                                 thread_count(threads));
}

std::vector<Answer> ExactIndex::search_some(MatrixView queries, const Request& request) const {
  const Bound bound = bind(queries, descriptor(), screen_ ? &*screen_ : nullptr);
  const std::size_t threads = useful_threads(queries.rows, request.threads);
  // Enough groups to keep the threads busy; where there are too few queries for that, their rows are shared out as
  // well.
  const std::size_t group = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kGroupQueries);
  const std::size_t groups = (queries.rows + group - 1) / group;
  const std::size_t parts = groups >= threads ? 1 : (threads + groups - 1) / groups;
  const std::size_t part_rows = (rows() + parts - 1) / parts;

  std::vector<std::vector<TopK>> best(groups * parts);
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t task = begin; task < end; ++task) {
      const std::size_t first = task / parts * group;
      const std::size_t count = std::min(group, queries.rows - first);
      for (std::size_t q = 0; q < count; ++q) {
        const double limit = request.radius ? bound.queries[first + q].rank_within(*request.radius)
                                            : std::numeric_limits<double>::infinity();
        best[task].emplace_back(request.k, limit);
      }
      const std::size_t from = task % parts * part_rows;
      Task(*this, bound, first, count, request.k, best[task]).run(from, std::min(from + part_rows, rows()));
    }
  };
  parallel_for(groups * parts, 1, threads, run, request.monitor);

  std::vector<Answer> answers(queries.rows);
  for (std::size_t i = 0; i < queries.rows; ++i) {
    TopK& whole = best[i / group * parts][i % group];
    for (std::size_t part = 1; part < parts; ++part) whole.merge(best[i / group * parts + part][i % group]);
    for (const Neighbour& neighbour : whole.take_sorted()) {
      answers[i].rows.push_back(neighbour.row);
      answers[i].distances.push_back(static_cast<float>(bound.queries[i].distance(neighbour.rank)));
    }
  }
  return answers;
}

}  // namespace nearabout

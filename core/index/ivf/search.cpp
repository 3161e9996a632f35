// Searching lists of codes, a group of queries at a time: the nearest lists of each, then every list once for all
// queries that look into it, then the most promising rows in full.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>

#include "base/threads.h"
#include "index/ivf/coarse.h"
#include "index/ivf/queries.h"
#include "index/queries.h"
#include "kernels/kernels.h"
#include "storage/items.h"

namespace nearabout {
namespace {

constexpr std::size_t kGroup = 128;             // queries that go through the lists together
constexpr std::size_t kChunkRows = 512;         // of a list, between two looks at how many wait
constexpr std::size_t kFewest = 64;             // that wait beyond the depth before they are thinned
constexpr std::size_t kBatch = 32;              // rows compared by one call
constexpr double kThreadNanoseconds = 200'000;  // of work, at least, for a thread to be worth starting
constexpr double kQueryNanoseconds = 3'000;     // about
constexpr std::uint64_t kLine = 64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Spend {
  std::size_t probes;
  std::size_t depth;
};

}  // namespace

// One thread's work space, and its way through one group after another.
class IvfSearch {
 public:
  explicit IvfSearch(const IvfIndex& index) : index_(index), queries_(index), ranking_(index) {
    vectors_ = index.vectors_->matrix();
  }

  void search(MatrixView queries, std::size_t begin, std::size_t end, const Spend& spend, const Request& request,
              std::vector<Answer>& answers) {
    spend_ = spend;
    queries_.bind(queries, begin, end);
    make_room(end - begin);
    rank_lists();
    scan_lists();
    compare(queries, begin, request, answers);
  }

 private:
  struct Probe {
    std::uint32_t list, query;
    float distance;
  };
  struct Candidates {
    std::vector<std::uint32_t> rows, squares;
  };

  void make_room(std::size_t count) {
    limit_ = std::max(2 * spend_.depth, spend_.depth + kFewest);
    room_ = limit_ + kChunkRows + kernels::kBlockRows;
    if (numbers_.size() < count * room_) {
      numbers_.resize(count * room_);
      estimates_.resize(count * room_);
    }
    scans_.resize(count);
    for (std::size_t i = 0; i < count; ++i)
      scans_[i] = {
          queries_.tables(i), 0, 0, 0, kInfinity, numbers_.data() + i * room_, estimates_.data() + i * room_, 0};
  }

  // The nearest list of each query is scanned at once: what is found there says what is worth keeping elsewhere.
  void rank_lists() {
    probes_.clear();
    for (std::size_t first = 0; first < queries_.count(); first += kernels::kPanelQueries) {
      const std::size_t count = std::min(kernels::kPanelQueries, queries_.count() - first);
      ranking_.compare(queries_, first, count);
      for (std::size_t i = 0; i < count; ++i) {
        ranking_.nearest(queries_, i, spend_.probes, lists_);
        const auto query = static_cast<std::uint32_t>(first + i);
        const Probe nearest{lists_[0].list, query, lists_[0].distance};
        scan(&nearest, 1);
        thin(scans_[query]);
        for (std::size_t place = 1; place < lists_.size(); ++place)
          probes_.push_back({lists_[place].list, query, lists_[place].distance});
      }
    }
  }

  // In the order of lists: each is read once, for all queries together.
  void scan_lists() {
    order_.resize(probes_.size());
    firsts_.assign(index_.lists() + 1, 0);
    for (const Probe& probe : probes_) ++firsts_[probe.list + 1];
    for (std::size_t list = 0; list < index_.lists(); ++list) firsts_[list + 1] += firsts_[list];
    for (const Probe& probe : probes_) order_[firsts_[probe.list]++] = probe;
    for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
      for (end = begin + 1; end < order_.size() && order_[end].list == order_[begin].list;) ++end;
      scan(order_.data() + begin, end - begin);
    }
  }

  // Some queries that look into the same list.
  void scan(const Probe* probes, std::size_t count) {
    const std::uint32_t list = probes[0].list;
    const std::size_t lines = index_.shape().lines();
    const std::uint64_t first_block = index_.blocks_[list];
    const std::size_t rows = index_.sizes_[list];
    if (rows == 0) return;
    some_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t query = probes[i].query;
      some_[i] = scans_[query];
      some_[i].base = probes[i].distance + index_.offset_lows_[list];
      some_[i].offset_step = index_.offset_steps_[list];
      some_[i].scale = -queries_[query].unit * index_.scale_steps_[list];
    }
    for (std::size_t done = 0; done < rows; done += kChunkRows) {
      const std::size_t chunk = std::min(kChunkRows, rows - done);
      const std::uint64_t block = first_block + done / kernels::kBlockRows;
      const std::uint64_t blocks = (chunk + kernels::kBlockRows - 1) / kernels::kBlockRows;
      const std::uint64_t bytes = kernels::block_bytes(lines);
      const std::byte* const from = index_.list_codes_->checked(block * bytes, (block + blocks) * bytes);
      kernels::table().codes.scan(storage::bytes_of(from), chunk, lines,
                                  static_cast<std::uint32_t>(block * kernels::kBlockRows), some_.data(), count);
      for (std::size_t i = 0; i < count; ++i)
        if (some_[i].found > limit_) thin(some_[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      scans_[probes[i].query].found = some_[i].found;
      scans_[probes[i].query].threshold = some_[i].threshold;
    }
  }

  void thin(kernels::CodeScan& scan) {
    if (scan.found <= spend_.depth) return;
    scan.found =
        kernels::table().codes.keep_least(scan.estimates, scan.numbers, scan.found, spend_.depth, &scan.threshold);
  }

  // The rows of the next query are asked for before those of this one are compared.
  void compare(MatrixView queries, std::size_t begin, const Request& request, std::vector<Answer>& answers) {
    const float radius = radius_of(request);
    for (std::size_t i = 0; i <= queries_.count(); ++i) {
      if (i < queries_.count()) find_rows(i, candidates_[i % 2]);
      if (i == 0) continue;
      const std::size_t number = begin + i - 1;
      const BoundQuery bound = bind_query(queries, number, index_.descriptor());
      TopK best(request.k, rank_within(bound, radius));
      compare_rows(candidates_[(i - 1) % 2], bound, best);
      answers[number] = answer_of(bound, best, radius);
    }
  }

  void find_rows(std::size_t i, Candidates& candidates) {
    kernels::CodeScan& scan = scans_[i];
    thin(scan);
    candidates.rows.clear();
    candidates.squares.clear();
    const std::size_t columns = index_.list_rows_->shape().columns;
    for (std::size_t place = 0; place < scan.found; ++place) {
      const std::uint32_t* const facts =
          index_.list_rows_->items<std::uint32_t>(scan.numbers[place] * columns, columns).data();
      const std::uint32_t row = facts[0];
      candidates.rows.push_back(row);
      if (columns == 2) candidates.squares.push_back(facts[1]);
      const std::uint64_t from = std::uint64_t{row} * vectors_.stride;
      for (std::uint64_t line = 0; line < vectors_.stride; line += kLine) index_.vectors_->fetch(from + line);
    }
  }

  void compare_rows(const Candidates& candidates, const BoundQuery& bound, TopK& best) const {
    double ranks[kBatch];
    const bool squares = bound.takes_squares() && !candidates.squares.empty();
    for (std::size_t begin = 0; begin < candidates.rows.size(); begin += kBatch) {
      const std::size_t count = std::min(kBatch, candidates.rows.size() - begin);
      const std::uint32_t* const rows = candidates.rows.data() + begin;
      for (std::size_t i = 0; i < count; ++i) index_.vectors_->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
      const kernels::Rows batch{vectors_.data, vectors_.stride, rows, count};
      if (squares)
        bound.ranks(batch, candidates.squares.data() + begin, ranks);
      else
        bound.ranks(batch, ranks);
      for (std::size_t i = 0; i < count; ++i)
        if (ranks[i] <= best.worst()) best.push(ranks[i], rows[i]);
    }
  }

  const IvfIndex& index_;
  IvfQueries queries_;
  ListRanking ranking_;
  MatrixView vectors_;
  Spend spend_{};
  std::size_t limit_ = 0;
  std::size_t room_ = 0;
  std::vector<std::uint32_t> numbers_;
  std::vector<float> estimates_;
  std::vector<kernels::CodeScan> scans_;  // of each query
  std::vector<kernels::CodeScan> some_;   // of those that look into one list
  Candidates candidates_[2];              // of the query that is compared, and of the one after it
  std::vector<RankedList> lists_;
  std::vector<Probe> probes_, order_;
  std::vector<std::size_t> firsts_;
};

// Work spaces that no search uses at the moment: to make one anew costs more than to answer a query. Nobody waits for
// the lock, so that a process forked while another thread held it goes on.
class IvfSearches {
 public:
  // Gives back what it was lent.
  struct Return {
    IvfSearches* searches;
    void operator()(IvfSearch* search) const { searches->give_back(std::unique_ptr<IvfSearch>(search)); }
  };
  std::unique_ptr<IvfSearch, Return> take(const IvfIndex& index) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || idle_.empty()) return {new IvfSearch(index), Return{this}};
    IvfSearch* const search = idle_.back().release();
    idle_.pop_back();
    return {search, Return{this}};
  }

 private:
  void give_back(std::unique_ptr<IvfSearch> search) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock) idle_.push_back(std::move(search));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<IvfSearch>> idle_;
};

namespace {

// From the measured curve, for 10 neighbours; more need more rows, and more of them.
Spend spend_for(const std::vector<CurvePoint>& curve, std::size_t effort, std::size_t k) {
  const auto probes = static_cast<double>(effort);
  double depth = 64;
  if (!curve.empty()) {
    depth = curve.front().depth;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      if (curve[i].probes > probes) {
        const CurvePoint& before = curve[i == 0 ? 0 : i - 1];
        const double apart = curve[i].probes - before.probes;
        const double part = apart > 0 ? (probes - before.probes) / apart : 0;
        depth = before.depth + std::max(0.0, part) * (curve[i].depth - before.depth);
        break;
      }
      depth = curve[i].depth;
    }
    depth *= std::max(1.0, probes / curve.back().probes);
  }
  if (k > kCurveNeighbours) depth += 1.5 * static_cast<double>(k - kCurveNeighbours);
  return {effort, std::max<std::size_t>(k, static_cast<std::size_t>(depth))};
}

}  // namespace

std::shared_ptr<IvfSearches> make_searches() { return std::make_shared<IvfSearches>(); }

std::size_t IvfIndex::default_effort(std::size_t k) const {
  constexpr double kRecall = 0.95;
  double probes = static_cast<double>(lists());
  for (const CurvePoint& point : curve_)
    if (point.recall >= kRecall) {
      probes = point.probes;
      break;
    }
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / static_cast<double>(kCurveNeighbours)));
  return static_cast<std::size_t>(std::max(1.0, std::ceil(probes * wider)));
}

std::vector<Answer> IvfIndex::search_some(MatrixView queries, const Request& request) const {
  const std::size_t wanted =
      std::max<std::size_t>(1, request.effort.value_or(default_effort(request.radius ? 10 : request.k)));
  if (request.exact || wanted >= lists()) return scan_all(queries, request);
  const Spend spend = spend_for(curve_, wanted, request.k);
  std::vector<Answer> answers(queries.rows);
  const double work = static_cast<double>(queries.rows) * kQueryNanoseconds;
  const auto most = static_cast<std::size_t>(std::max(1.0, work / kThreadNanoseconds));
  const std::size_t threads = std::min(thread_count(request.threads), most);
  const std::size_t group = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kGroup);
  parallel_for(
      queries.rows, group, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        const auto search = searches_->take(*this);
        search->search(queries, begin, end, spend, request, answers);
      },
      request.monitor);
  if (!request.radius) fill_up(queries, request, wanted, answers);
  return answers;
}

// Small lists may have fewer rows than are asked for: such queries are asked again, with more of them.
void IvfIndex::fill_up(MatrixView queries, const Request& request, std::size_t effort,
                       std::vector<Answer>& answers) const {
  Request harder = request;
  harder.effort = 4 * effort;
  for (std::size_t i = 0; i < queries.rows; ++i)
    if (answers[i].rows.size() < request.k)
      answers[i] = search_some({queries.row(i), 1, queries.dims, queries.stride, queries.element}, harder)[0];
}

// The rows lie in the file one after the other, and are to be read so.
std::vector<Answer> IvfIndex::scan_all(MatrixView queries, const Request& request) const {
  vectors_->advise(storage::system::Access::in_order);
  std::vector<Answer> answers = scan_.search(queries, request);
  vectors_->advise(storage::system::Access::anywhere);
  return answers;
}

}  // namespace nearabout

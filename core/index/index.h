// An open index of any kind: what the bindings see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "base/top_k.h"
#include "index/calibration/calibration.h"
#include "index/description.h"
#include "index/descriptor.h"
#include "index/effort.h"
#include "storage/file.h"
#include "storage/key_map.h"

namespace nearabout {

struct SearchStats;  // work.h

struct Request {
  std::size_t k = 10;                 // clamped to the number of rows
  std::optional<double> radius = {};  // nothing further away than this
  std::size_t threads = 1;            // 0: all cores; fewer are used where the work is too small to share
  Monitor monitor = {};
  bool exact = false;  // true neighbours, whatever the kind
  // How much an approximate kind may look at: obeyed as it is. Nothing: what `recall` takes.
  std::optional<std::size_t> effort = {};
  std::optional<double> recall = {};  // to aim at; nothing: the calibration's target
  SearchStats* stats = nullptr;       // what the search does is added here, by kinds that keep count
};

inline constexpr std::int64_t kEveryRow = -1;  // the effort of a search that compared every row

// Neighbours of one query, nearest first, ties by row.
struct SearchResult {
  std::vector<std::uint32_t> rows;
  std::vector<float> distances;
  std::int64_t effort = kEveryRow;   // spent on this query
  bool out_of_distribution = false;  // whether its search went unlike those that calibration saw
};

// What a search may spend on each query.
struct Budget {
  std::size_t effort = 0;
  bool every_row = false;  // compare every row
  bool guarded = false;    // spend more on queries whose search goes unlike those that calibration saw
  double recall = 0;       // where it is guarded: the recall to keep
};

class Index {
 public:
  // CorruptFileError where the sections of this kind do not fit each other.
  static std::shared_ptr<const Index> open(std::shared_ptr<const storage::File> file);
  virtual ~Index() = default;
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  const Descriptor& descriptor() const { return descriptor_; }
  const storage::File& file() const { return *file_; }
  const storage::KeyMap& keys() const { return keys_; }
  std::size_t rows() const { return descriptor_.rows; }
  std::size_t dims() const { return descriptor_.dims; }

  // One answer a query. Queries are float32 or of the index's own element type, dims() wide.
  std::vector<SearchResult> search(MatrixView queries, const Request& request) const;
  // The same with stored rows as queries. `include_self` false leaves each row itself out of its answer.
  std::vector<SearchResult> search_rows(const std::vector<std::uint32_t>& rows, bool include_self,
                                        const Request& request) const;
  const std::shared_ptr<const storage::File>& file_handle() const { return file_; }

  virtual EffortRange effort() const { return {}; }
  // Whether the build fits parameters of the kind with held-out queries, even if it is not to be calibrated.
  virtual bool needs_tuning() const { return false; }
  // What a search may spend for this request.
  Budget budget(const Request& request) const;
  // What a search spends where nothing is asked for; nothing: it compares every row.
  std::optional<std::size_t> default_effort(std::size_t k) const;
  // The effort that a recall takes by the calibration; nothing where no measured effort is enough, or where comparing
  // every row is expected to be faster.
  std::optional<std::size_t> effort_for(std::size_t k, double recall) const;
  const std::optional<Calibration>& calibration() const { return calibration_; }
  // What to expect of a search with this effort: 1 where every row is compared; nothing where it was not measured.
  std::optional<Calibration::Expected> expected(std::size_t k, std::optional<std::size_t> effort) const;
  // Nanoseconds that finding k neighbours by comparing every row takes, about, in a batch.
  virtual double exact_cost(std::size_t) const { return std::numeric_limits<double>::infinity(); }
  // What calibration queries find, and what that costs; null for kinds without a choice.
  virtual std::unique_ptr<RecallProfile> profile(const CalibrationQueries& queries, const BuildOptions& build,
                                                 const Monitor& monitor) const;
  // Nanoseconds of a query for k neighbours with this effort, about, on one thread: a model, the same on every machine.
  virtual double query_cost(std::size_t k, std::size_t effort) const;
  // Whether searches fill Request::stats.
  virtual bool counts_work() const { return false; }
  // What info() shows of this kind.
  virtual Description describe() const { return {}; }
  // False for kinds that keep codes in place of vectors: they have no exact search.
  virtual bool keeps_vectors() const { return true; }
  // Stored vectors, verified, one after the other; of an index that keeps none, what its codes stand for.
  // InvalidInputError where they are too small for that.
  void copy_vectors(const std::vector<std::uint32_t>& rows, std::byte* to) const;

  // CorruptFileError where a checksum does not fit, a key does not lead to its row, or a number is not finite: what
  // accidents do, and what a faulty writer did.
  void verify(const Monitor& monitor = {}) const;

 protected:
  Index(std::shared_ptr<const storage::File> file, const Descriptor& descriptor);

  // The default of an index that is not calibrated.
  virtual std::size_t fallback_effort(std::size_t k) const {
    (void)k;
    return 0;
  }
  // `k` is at least 1 and at most rows(); there is at least one row and one query. Where `budget` says every row and
  // the index keeps vectors, answers are exact.
  virtual std::vector<SearchResult> do_search(MatrixView queries, const Request& request,
                                              const Budget& budget) const = 0;
  // Marks answers of guarded queries whose neighbours, of k, lie where no query of the calibration had them: every row
  // is to be compared (kEveryRow).
  void flag_out_of_distribution(std::size_t k, std::vector<SearchResult>& results) const;
  // Queries that were answered with fewer than k rows are asked again, with more effort.
  void retry_short_results(MatrixView queries, const Request& request, std::size_t effort,
                           std::vector<SearchResult>& results) const;
  // One of copy_vectors().
  virtual void copy_vector(std::uint32_t row, std::byte* to) const;
  // What verify() has to read of the sections that only this kind has.
  virtual void verify_own(const Monitor& monitor) const { (void)monitor; }

 private:
  std::shared_ptr<const storage::File> file_;
  Descriptor descriptor_;
  storage::KeyMap keys_;
  std::optional<Calibration> calibration_;
};

}  // namespace nearabout

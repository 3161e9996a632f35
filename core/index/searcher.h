// Finds the nearest rows of a table: the one interface of all kinds of index. It knows no file and no keys, so that a
// collection of several parts can be searched through it (stored_index.h has those).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "index/calibration/calibration.h"
#include "index/description.h"
#include "index/descriptor.h"
#include "index/effort.h"
#include "index/request.h"

namespace nearabout {

class Searcher {
 public:
  virtual ~Searcher() = default;
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;

  const Descriptor& descriptor() const { return descriptor_; }
  std::size_t rows() const { return descriptor_.rows; }
  std::size_t dims() const { return descriptor_.dims; }

  // One answer a query. Queries are float32 or of the index's own element type, dims() wide.
  std::vector<SearchResult> search(MatrixView queries, const Request& request) const;
  // The same with stored rows as queries. `include_self` false leaves each row itself out of its answer.
  std::vector<SearchResult> search_rows(const std::vector<std::uint32_t>& rows, bool include_self,
                                        const Request& request) const;

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

  // CorruptFileError where sections that only this kind has hold what cannot be: accidents, and faulty writers.
  virtual void verify(const Monitor& monitor) const { (void)monitor; }
  // Gives back the memory of what searches have read.
  virtual void release_memory() const {}

 protected:
  // `name` is what errors call the index.
  Searcher(const Descriptor& descriptor, std::string name, std::optional<Calibration> calibration);

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
  virtual void copy_vector(std::uint32_t row, std::byte* to) const = 0;

 private:
  Descriptor descriptor_;
  std::string name_;
  std::optional<Calibration> calibration_;
};

}  // namespace nearabout

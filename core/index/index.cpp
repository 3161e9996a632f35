#include "index/index.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "base/convert.h"
#include "base/error.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/searched_profile.h"
#include "index/registry.h"
#include "index/verify.h"
#include "storage/validate.h"

namespace nearabout {
namespace {

// Rows that are no numbers have no rank, and numbers of a screen that are none rule out rows that qualify. Building
// refuses both, so only a forged file or one from a faulty writer gets here.
[[noreturn]] void throw_incomparable(const storage::File& file, std::size_t found, std::size_t wanted) {
  throw CorruptFileError(
      file.name() + " is corrupt: " + std::to_string(found) + " of " + std::to_string(wanted) +
      " neighbours were found, so the sections vectors or row_terms hold what is not a finite number. "
      "Build it again.");
}

}  // namespace

// That a section of floats holds no NaN and no infinity. Sections of other types have no such numbers.
void verify_finite(const storage::File& file, const storage::Section& section, const Monitor& monitor) {
  const Element element = section.element();
  if (element != Element::f32 && element != Element::f16 && element != Element::bf16) return;
  constexpr std::size_t kNumbers = 65'536;
  const std::uint64_t width = row_bytes(element, 1);
  const std::uint64_t count = section.length() / width;
  std::vector<float> numbers(std::min<std::uint64_t>(kNumbers, count));
  for (std::uint64_t begin = 0; begin < count; begin += kNumbers) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(count));
    const std::size_t some = std::min<std::uint64_t>(kNumbers, count - begin);
    to_f32(element, section.checked(begin * width, (begin + some) * width), some, numbers.data());
    for (std::size_t i = 0; i < some; ++i)
      if (!std::isfinite(numbers[i]))
        storage::throw_corrupt(file.name(), "a number in section " + section.name(),
                               section.offset() + (begin + i) * width, "finite", std::to_string(numbers[i]));
  }
}

Index::Index(std::shared_ptr<const storage::File> file, const Descriptor& descriptor)
    : file_(std::move(file)), descriptor_(descriptor), keys_(file_), calibration_(read_calibration(*file_)) {
  if (keys_.kind() != storage::KeyKind::none && keys_.size() != descriptor_.rows)
    throw CorruptFileError(file_->name() + " is corrupt: it has " + std::to_string(keys_.size()) + " keys for " +
                           std::to_string(descriptor_.rows) + " vectors. Copy or build it again.");
}

std::shared_ptr<const Index> Index::open(std::shared_ptr<const storage::File> file) {
  const Descriptor descriptor = read_descriptor(*file);
  return find_kind(descriptor.kind)->open(std::move(file), descriptor);
}

std::optional<std::size_t> Index::default_effort(std::size_t k) const {
  if (!calibration_) return fallback_effort(k);
  if (const std::optional<std::size_t> needed = effort_for(k, calibration_->target)) return needed;
  // Kinds that rank by codes have nothing better to fall back to than about the most that these find.
  if (effort().exact_at_max) return {};
  return static_cast<std::size_t>(std::ceil(calibration_->effort_for_best(k, calibration_->target)));
}

std::optional<std::size_t> Index::effort_for(std::size_t k, double recall) const {
  if (!calibration_) return {};
  const EffortRange range = effort();
  const std::optional<double> needed = calibration_->effort_for(k, recall);
  if (!needed) return {};
  // What was measured with rows that the index has learnt from promises too much; such an index is small.
  if (range.exact_at_max && calibration_->origin == Calibration::Origin::rows && !can_hold_out(rows())) return {};
  constexpr double kWorthwhile = 0.8;  // of what comparing every row costs: some queries end so after all
  const bool reaches_max = *needed >= static_cast<double>(range.max);
  if (range.exact_at_max && (reaches_max || calibration_->nanoseconds(k, *needed) > kWorthwhile * exact_cost(k)))
    return {};
  return std::clamp(static_cast<std::size_t>(std::ceil(*needed)), range.min, range.max);
}

std::optional<Calibration::Expected> Index::expected(std::size_t k, std::optional<std::size_t> spent) const {
  const EffortRange range = effort();
  if (!range || rows() == 0 || !spent || range.is_exact(*spent)) return Calibration::Expected{1, 1};
  if (!calibration_ || calibration_->points.empty()) return {};
  return calibration_->expected(k, static_cast<double>(*spent));
}

Budget Index::budget(const Request& request) const {
  const EffortRange range = effort();
  if (!range || request.exact || rows() == 0) return {0, true, false, 0};
  if (request.effort) return {*request.effort, range.is_exact(*request.effort), false, 0};
  // How many rows lie within a radius nobody knows beforehand: what calibration says of k neighbours does not hold.
  if (request.radius && range.exact_at_max) return {range.max, true, false, 0};
  const std::size_t k = request.radius ? kCalibratedK[1] : request.k;
  const double recall = request.recall.value_or(calibration_ ? calibration_->target : kDefaultRecall);
  std::optional<std::size_t> needed = request.recall ? effort_for(k, recall) : default_effort(k);
  if (!needed && !keeps_vectors()) needed = range.max;
  if (!needed || range.is_exact(*needed)) return {range.max, true, false, 0};
  return {*needed, false, calibration_.has_value() && !request.radius, recall};
}

std::unique_ptr<RecallProfile> Index::profile(const CalibrationQueries& queries, const BuildOptions& build,
                                              const Monitor& monitor) const {
  return std::make_unique<SearchedProfile>(*this, queries, build, monitor);
}

double Index::query_cost(std::size_t k, std::size_t effort) const {
  const double all = exact_cost(k);
  const double every_row = std::isfinite(all) ? all : static_cast<double>(rows()) * static_cast<double>(dims());
  return every_row * static_cast<double>(effort) / static_cast<double>(std::max<std::size_t>(1, this->effort().max));
}

std::vector<SearchResult> Index::search(MatrixView queries, const Request& request) const {
  if (request.exact && !keeps_vectors())
    throw InvalidInputError(
        "an exact search compares vectors, and this index keeps no vectors, only codes of them; look "
        "into all lists by effort= instead, or build the index with keep_vectors=True");
  if (queries.rows == 0 || rows() == 0) return std::vector<SearchResult>(queries.rows);
  Request clamped = request;
  clamped.k = std::min(request.k, rows());
  std::vector<SearchResult> results = do_search(queries, clamped, budget(clamped));
  if (!request.radius)
    for (const SearchResult& result : results)
      if (result.rows.size() < clamped.k) throw_incomparable(*file_, result.rows.size(), clamped.k);
  return results;
}

std::vector<SearchResult> Index::search_rows(const std::vector<std::uint32_t>& queries, bool include_self,
                                             const Request& request) const {
  const Element element = descriptor_.element;
  const std::size_t bytes = row_bytes(element, dims());
  std::vector<std::byte> vectors(queries.size() * bytes);
  copy_vectors(queries, vectors.data());
  Request wider = request;
  if (!include_self && wider.k < rows()) ++wider.k;
  std::vector<SearchResult> results = search({vectors.data(), queries.size(), dims(), bytes, element}, wider);
  if (include_self) return results;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    SearchResult& result = results[i];
    // The row itself, or (among more duplicates of it than were asked for) the last.
    const auto self = std::find(result.rows.begin(), result.rows.end(), queries[i]);
    const auto place = self - result.rows.begin();
    if (self != result.rows.end()) {
      result.rows.erase(self);
      result.distances.erase(result.distances.begin() + place);
    } else if (result.rows.size() > request.k) {
      result.rows.pop_back();
      result.distances.pop_back();
    }
  }
  return results;
}

void Index::retry_short_results(MatrixView queries, const Request& request, std::size_t effort,
                                std::vector<SearchResult>& results) const {
  Request harder = request;
  harder.effort = effort;
  const Budget more = budget(harder);
  for (std::size_t i = 0; i < queries.rows; ++i)
    if (results[i].rows.size() < request.k)
      results[i] = do_search({queries.row(i), 1, queries.dims, queries.stride, queries.element}, harder, more)[0];
}

void Index::flag_out_of_distribution(std::size_t k, std::vector<SearchResult>& results) const {
  for (SearchResult& result : results) {
    const auto is_out_of_distribution = [&](std::size_t place) {  // of kCalibratedK
      const std::size_t last = kCalibratedK[place] - 1;
      return last < std::min(k, result.distances.size()) &&
             calibration_->distances[place].is_out_of_distribution(double{result.distances[last]}, descriptor_.metric);
    };
    if (result.effort == kEveryRow || !(is_out_of_distribution(0) || is_out_of_distribution(1))) continue;
    result.effort = kEveryRow;
    result.out_of_distribution = true;
  }
}

void Index::copy_vectors(const std::vector<std::uint32_t>& queries, std::byte* to) const {
  const std::size_t bytes = row_bytes(descriptor_.element, dims());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i] >= rows())
      throw InvalidInputError("row " + std::to_string(queries[i]) + " was asked for; the index has " +
                              std::to_string(rows()) + " rows, numbered from 0");
    copy_vector(queries[i], to + i * bytes);
  }
}

void Index::copy_vector(std::uint32_t row, std::byte* to) const {
  const std::size_t bytes = row_bytes(descriptor_.element, dims());
  const std::uint64_t begin = std::uint64_t{row} * bytes;
  std::memcpy(to, file_->section(storage::SectionId::vectors).checked(begin, begin + bytes), bytes);
}

void Index::verify(const Monitor& monitor) const {
  file_->verify(subprogress(monitor, 0.0, 0.5));
  for (const storage::SectionId id : {storage::SectionId::vectors, storage::SectionId::row_terms})
    if (file_->has(id)) verify_finite(*file_, file_->section(id), subprogress(monitor, 0.5, 0.7));
  verify_own(subprogress(monitor, 0.7, 0.8));
  keys_.verify(subprogress(monitor, 0.8, 1.0));
  report(monitor, 1.0);
}

}  // namespace nearabout

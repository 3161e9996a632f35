// Reads and writes a calibration: see docs/explanation/file-format.md.
#include "storage/file.h"

#include <cmath>

#include "base/error.h"
#include "index/calibration/calibration.h"
#include "storage/numbers.h"
#include "storage/validate.h"
#include "storage/writer.h"

namespace nearabout::calibration {
namespace {

using storage::Section;
using storage::SectionId;

constexpr std::size_t kNumbersAt = 4;
constexpr std::size_t kPointColumns = 1 + kNumbersAt * kCalibratedK.size();
enum Field : std::size_t { kOrigin, kQueries, kTarget, kPoints, kDistances, kFields = kDistances + 4 };

void check_point(const storage::File& file, const Section& section, std::size_t first, const CalibrationPoint& point,
                 double before) {
  if (!(point.effort > before) || !(point.effort <= 0x1p53))
    storage::throw_number(file, section, first, "an effort above the one before", point.effort);
  for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
    const CalibrationPoint::At& at = point.at[place];
    const std::size_t number = first + 1 + kNumbersAt * place;
    if (!(at.recall >= 0 && at.recall <= 1))
      storage::throw_number(file, section, number, "a fraction from 0 to 1", at.recall);
    if (!(at.error >= 0 && at.error <= 1))
      storage::throw_number(file, section, number + 1, "a standard error from 0 to 1", at.error);
    if (!(at.distances >= 0) || !std::isfinite(at.distances))
      storage::throw_number(file, section, number + 2, "a finite number of distances, 0 or more", at.distances);
    if (!(at.seconds >= 0) || !std::isfinite(at.seconds))
      storage::throw_number(file, section, number + 3, "a finite number of seconds, 0 or more", at.seconds);
  }
}

}  // namespace

void write_calibration(storage::Writer& writer, const Calibration& calibration) {
  const double header[kFields] = {static_cast<double>(calibration.origin),
                                  static_cast<double>(calibration.queries),
                                  calibration.target,
                                  static_cast<double>(calibration.points.size()),
                                  calibration.distances[0].least,
                                  calibration.distances[0].most,
                                  calibration.distances[1].least,
                                  calibration.distances[1].most};
  std::vector<double> numbers;
  for (const CalibrationPoint& point : calibration.points) {
    numbers.push_back(point.effort);
    for (const CalibrationPoint::At& at : point.at)
      numbers.insert(numbers.end(), {at.recall, at.error, at.distances, at.seconds});
  }
  writer.add<double>(SectionId::calibrated, {1, kFields}, header);
  writer.add<double>(SectionId::calibration, {calibration.points.size(), kPointColumns}, numbers);
}

std::optional<Calibration> read_calibration(const storage::File& file) {
  if (!file.has(SectionId::calibrated) && !file.has(SectionId::calibration)) return {};
  const Section& header = file.section(SectionId::calibrated);
  header.expect(Element::f64, {1, kFields});
  const std::span<const double> values = header.all<double>();
  Calibration calibration;
  if (values[kOrigin] != 1 && values[kOrigin] != 2)
    storage::throw_number(file, header, kOrigin, "1 (rows) or 2 (queries)", values[kOrigin]);
  calibration.origin = static_cast<Calibration::Origin>(static_cast<std::uint64_t>(values[kOrigin]));
  if (!(values[kQueries] >= 0 && values[kQueries] <= 0x1p53))
    storage::throw_number(file, header, kQueries, "a number of queries", values[kQueries]);
  calibration.queries = static_cast<std::size_t>(values[kQueries]);
  if (!(values[kTarget] > 0 && values[kTarget] <= 1))
    storage::throw_number(file, header, kTarget, "a fraction above 0", values[kTarget]);
  calibration.target = values[kTarget];
  for (std::size_t place = kDistances; place < kFields; ++place)
    if (std::isnan(values[place])) storage::throw_number(file, header, place, "a distance", values[place]);
  for (std::size_t i = 0; i < calibration.distances.size(); ++i)
    calibration.distances[i] = {values[kDistances + 2 * i], values[kDistances + 2 * i + 1]};

  const Section& section = file.section(SectionId::calibration);
  if (values[kPoints] != static_cast<double>(section.shape().rows))
    storage::throw_number(file, header, kPoints, std::to_string(section.shape().rows) + " points", values[kPoints]);
  section.expect(Element::f64, {section.shape().rows, kPointColumns});
  const std::span<const double> numbers = section.all<double>();
  double before = 0;
  for (std::size_t first = 0; first < numbers.size(); first += kPointColumns) {
    CalibrationPoint point{numbers[first], {}};
    for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
      const double* const at = numbers.data() + first + 1 + kNumbersAt * place;
      point.at[place] = {at[0], at[1], at[2], at[3]};
    }
    check_point(file, section, first, point, before);
    before = point.effort;
    calibration.points.push_back(point);
  }
  return calibration;
}

}  // namespace nearabout::calibration

#include "quantize/steps_file.h"

#include <span>

#include "storage/numbers.h"

namespace nearabout::quantize {

void write_steps(storage::Writer& writer, storage::SectionId id, const std::vector<float>& centres,
                 const std::vector<float>& steps, storage::Need need) {
  std::vector<float> numbers = centres;
  numbers.insert(numbers.end(), steps.begin(), steps.end());
  writer.add<float>(id, {2, centres.size()}, numbers, need);
}

CentresAndSteps read_steps(const storage::File& file, storage::SectionId id, std::size_t dims) {
  const storage::Section& section = file.section(id);
  section.expect(Element::f32, {2, dims});
  const std::span<const float> numbers = storage::finite_floats(file, section);
  for (std::size_t j = dims; j < numbers.size(); ++j)
    if (numbers[j] < 0) storage::throw_number(file, section, j, "a step that is not negative", double{numbers[j]});
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(dims);
  return {{numbers.begin(), middle}, {middle, numbers.end()}};
}

}  // namespace nearabout::quantize

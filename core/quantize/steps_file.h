// The centre and the step of each dimension of rows of bytes, in a section of two rows.
#pragma once

#include <cstddef>
#include <vector>

#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

struct CentresAndSteps {
  std::vector<float> centres, steps;
};

void write_steps(storage::Writer& writer, storage::SectionId id, const std::vector<float>& centres,
                 const std::vector<float>& steps, storage::Need need = storage::Need::required);

// Throws CorruptFileError if there are not two numbers for each dimension, finite ones, and steps that are not
// negative.
CentresAndSteps read_steps(const storage::File& file, storage::SectionId id, std::size_t dims);

}  // namespace nearabout::quantize

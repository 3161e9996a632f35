#include "base/error.h"

#include <cstring>
#include <utility>

namespace nearabout {

SystemError::SystemError(int number, std::string path, const std::string& doing)
    : std::runtime_error(doing + ": " + std::strerror(number)), number_(number), path_(std::move(path)) {}

}  // namespace nearabout

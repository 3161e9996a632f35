#include "index/parameters.h"

#include <algorithm>

#include "base/error.h"

namespace nearabout::index {

void Parameters::expect(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (values_.find(name) == values_.end())
      throw InvalidInputError("the parameter " + std::string(name) + " is missing");
  for (const auto& [name, value] : values_)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw InvalidInputError("this kind of index has no parameter " + name);
}

template <class T>
T Parameters::get(std::string_view name, const char* type) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw InvalidInputError("the parameter " + std::string(name) + " is missing");
  const T* const value = std::get_if<T>(&found->second);
  if (!value) throw InvalidInputError("the parameter " + std::string(name) + " must be " + type);
  return *value;
}

std::uint64_t Parameters::integer(std::string_view name) const { return get<std::uint64_t>(name, "a whole number"); }
double Parameters::number(std::string_view name) const { return get<double>(name, "a number"); }
bool Parameters::flag(std::string_view name) const { return get<bool>(name, "true or false"); }

std::string Parameters::text(std::string_view name) const { return get<std::string>(name, "a string"); }

}  // namespace nearabout::index

// The named parameters of a build. Each kind reads its own.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace nearabout::index {

class Parameters {
 public:
  using Value = std::variant<bool, std::uint64_t, double, std::string>;

  void set(std::string name, Value value) { values_[std::move(name)] = std::move(value); }

  // Throws InvalidInputError if one of `names` is missing, or if there is a parameter of another name.
  void expect(std::initializer_list<std::string_view> names) const;
  // Return a parameter. Throw InvalidInputError if it has another type.
  std::uint64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;

 private:
  template <class T>
  T get(std::string_view name, const char* type) const;

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace nearabout::index

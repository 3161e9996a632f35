#include "descriptions.h"

namespace nb = nanobind;

namespace nearabout {
namespace {

nb::object as_object(const index::DescribedValue& described);

struct ToPython {
  nb::object operator()(bool value) const { return nb::bool_(value); }
  nb::object operator()(std::uint64_t value) const { return nb::int_(value); }
  nb::object operator()(double value) const { return nb::float_(value); }
  nb::object operator()(const std::string& value) const { return nb::str(value.c_str(), value.size()); }
  nb::object operator()(const index::DescribedList& values) const {
    nb::list list;
    for (const index::DescribedValue& value : values) list.append(as_object(value));
    return list;
  }
  nb::object operator()(const index::Description& values) const {
    nb::dict dict;
    for (const auto& [name, value] : values) dict[name.c_str()] = as_object(value);
    return dict;
  }
};

nb::object as_object(const index::DescribedValue& described) { return std::visit(ToPython{}, described.value); }

}  // namespace

nb::dict dict_of(const index::Description& description) { return nb::cast<nb::dict>(ToPython{}(description)); }

}  // namespace nearabout

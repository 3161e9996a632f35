#include "base/element.h"

#include <array>
#include <utility>

namespace nearabout {
namespace {

constexpr std::array<std::pair<Element, std::string_view>, 10> kElementNames{{
    {Element::f32, "f32"},
    {Element::f16, "f16"},
    {Element::bf16, "bf16"},
    {Element::u8, "u8"},
    {Element::i8, "i8"},
    {Element::bits, "bits"},
    {Element::u32, "u32"},
    {Element::u64, "u64"},
    {Element::i64, "i64"},
    {Element::f64, "f64"},
}};

}  // namespace

std::string_view name_of(Element element) {
  for (const auto& [candidate, name] : kElementNames)
    if (candidate == element) return name;
  return "unknown";
}

std::optional<Element> element_from_name(std::string_view name) {
  for (const auto& [element, candidate] : kElementNames)
    if (candidate == name) return element;
  return std::nullopt;
}

}  // namespace nearabout

// Element types: names there and back, numbers that the file format relies on, bytes per row.
#include "base/element.h"

#include <array>

#include "check.h"

using namespace nearabout;

namespace {

constexpr std::array kAll{Element::f32,  Element::f16, Element::bf16, Element::u8,  Element::i8,
                          Element::bits, Element::u32, Element::u64,  Element::i64, Element::f64};

TEST(names_go_there_and_back) {
  for (const Element element : kAll) CHECK_EQUAL(element_from_name(name_of(element)), element);
  CHECK_EQUAL(name_of(Element::bf16), "bf16");
  CHECK(!element_from_name("float32"));
  CHECK(!element_from_name(""));
  CHECK_EQUAL(name_of(static_cast<Element>(99)), "unknown");
}

// Checks numbers that are written into files: a change here changes the format.
TEST(numbers_stay) {
  for (std::size_t i = 0; i < kAll.size(); ++i) CHECK_EQUAL(static_cast<std::size_t>(kAll[i]), i + 1);
}

TEST(rows_have_their_bytes) {
  CHECK_EQUAL(row_bytes(Element::f32, 100), 400);
  CHECK_EQUAL(row_bytes(Element::f16, 3), 6);
  CHECK_EQUAL(row_bytes(Element::bf16, 3), 6);
  CHECK_EQUAL(row_bytes(Element::u8, 784), 784);
  CHECK_EQUAL(row_bytes(Element::f64, 2), 16);
  CHECK_EQUAL(row_bytes(Element::bits, 0), 0);
  CHECK_EQUAL(row_bytes(Element::bits, 1), 1);
  CHECK_EQUAL(row_bytes(Element::bits, 8), 1);
  CHECK_EQUAL(row_bytes(Element::bits, 9), 2);
}

}  // namespace

// Sizes and offsets in files of Annoy 1.17.3, computed by hand from its structures.
#include "annoy/layout.h"

#include "base/error.h"
#include "check.h"

using namespace nearabout;
using namespace nearabout::annoy;

namespace {

bool is(const Layout& layout, std::size_t children, std::size_t vector, std::size_t bytes, std::size_t room) {
  return layout.children == children && layout.vector == vector && layout.node_bytes == bytes &&
         layout.list_room == room;
}

TEST(places) {
  CHECK(is(Layout(Space::angular, 10), 4, 12, 52, 12));
  CHECK(is(Layout(Space::euclidean, 10), 8, 16, 56, 12));
  CHECK(is(Layout(Space::manhattan, 1), 8, 16, 20, 3));
  CHECK(is(Layout(Space::dot, 10), 4, 16, 56, 13));
  CHECK(is(Layout(Space::hamming, 64), 4, 16, 24, 5));
  CHECK(is(Layout(Space::hamming, 65), 4, 16, 32, 7));
  CHECK_THROWS(Layout(Space::dot, 0), InvalidInputError);
  CHECK_THROWS(Layout(Space::dot, std::size_t{1} << 31), InvalidInputError);
}

TEST(names) {
  for (const Space space : {Space::angular, Space::euclidean, Space::manhattan, Space::hamming, Space::dot})
    CHECK_EQUAL(space_from_name(name_of(space)), space);
  CHECK(!space_from_name("cosine"));
  CHECK(!space_from_name(""));
}

TEST(bits) {
  std::byte words[16] = {};
  store_at(words, 8, std::uint64_t{1} << 63 | 1);
  CHECK(bit_at(words, 64));
  CHECK(bit_at(words, 127));
  CHECK(!bit_at(words, 65));
  CHECK(!bit_at(words, 0));
}

}  // namespace

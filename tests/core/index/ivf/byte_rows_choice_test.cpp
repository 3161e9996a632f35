// Byte rows are on where they are given or where the model says that they pay, and nowhere else.
#include "index/ivf/byte_rows_choice.h"

#include "check.h"
#include "index/ivf/costs.h"

using namespace nearabout;
using namespace nearabout::ivf;
using index::Workload;
using metric::Metric;

namespace {

IvfOptions options(const char* family, double recall, Workload workload = Workload::both) {
  return {.byte_rows = std::nullopt, .tuning = {&index::family_named(family), workload}, .recall = recall};
}

PlainTable floats(std::size_t rows, std::size_t dims) { return {rows, dims, Element::f32, Metric::euclidean}; }

TEST(they_are_on_where_they_are_given) {
  for (const index::Family& family : index::families())
    for (const bool given : {true, false}) {
      CASE(family.name, given);
      IvfOptions settings = options(std::string(family.name).c_str(), 0.99);
      settings.byte_rows = given;
      CHECK_EQUAL(stores_byte_rows(floats(10, 4), settings), given);
      CHECK_EQUAL(stores_byte_rows(floats(100'000, 1'536), settings), given);
    }
}

TEST(a_family_turns_them_on_by_its_costs) {
  struct {
    const char* family;
    std::size_t rows, dims;
    double recall;
    bool on;
  } const cases[] = {
      {"generic", 100'000, 1'536, 0.99, false}, {"amx", 100'000, 1'536, 0.99, true},
      {"amx", 100'000, 1'536, 0.95, false},     {"avx2", 100'000, 3'072, 0.99, false},
      {"avx2", 100'000, 1'536, 0.95, false},    {"avx2", 1'000'000, 128, 0.99, false},
  };
  for (const auto& one : cases) {
    CASE(one.family, " ", one.rows, " x ", one.dims, " at ", one.recall);
    CHECK_EQUAL(stores_byte_rows(floats(one.rows, one.dims), options(one.family, one.recall)), one.on);
  }
}

TEST(tables_that_cannot_have_them_have_none) {
  IvfOptions settings = options("amx", 0.99);
  CHECK(stores_byte_rows(floats(100'000, 1'536), settings));
  CHECK(!stores_byte_rows({100'000, 1'536, Element::u8, Metric::euclidean}, settings));
  CHECK(!stores_byte_rows({100'000, 1'536, Element::f32, Metric::manhattan}, settings));
  settings.keep_vectors = false;
  CHECK(!stores_byte_rows(floats(100'000, 1'536), settings));
  settings = options("amx", 0.99);
  settings.refine = false;
  CHECK(!stores_byte_rows(floats(100'000, 1'536), settings));
}

TEST(tables_in_a_cache_have_none) {
  CHECK(!stores_byte_rows(floats(1'000, 1'536), options("amx", 0.99)));
  CHECK(!stores_byte_rows(floats(0, 1'536), options("amx", 0.99)));
}

TEST(both_workloads_are_between_the_two) {
  for (const char* family : {"avx2", "amx"}) {
    CASE(family);
    const auto ratio = [&](Workload workload) {
      const SearchTimes times = search_times(floats(100'000, 1'536), options(family, 0.99, workload));
      CHECK(times.with > 0 && times.without > 0);
      return times.with / times.without;
    };
    const double batch = ratio(Workload::batch);
    const double single = ratio(Workload::single);
    CHECK(batch < single);
    CHECK(ratio(Workload::both) >= batch && ratio(Workload::both) <= single);
  }
}

}  // namespace

// Tests the proof in practice: for data of every shape, queries of every kind and every space, no row within a reduced
// distance is beyond the limit for it; and on ordinary data few others pass. The scores are those of the kernels in
// use, the reduced distances those that a search compares (metric/bound_query.h, compared with slow references in its
// own test).
//
// Mutations that this test was seen to detect: a slack halved, or without its residual; terms without a row's own
// error, or without its spread; a query's error omitted, and those of projections and of centring; the remainder
// dropped or stretched; a screen that lets everything pass. The smaller allowances for rounding never showed: they rest
// on the proof alone.
#include "quantize/screen.h"

#include <cstdio>
#include <limits>

#include "base/convert.h"
#include "check.h"
#include "kernels/kernels.h"
#include "metric/bound_query.h"
#include "quantize/queries.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;
using metric::Metric;
using transform::CodeSpace;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

int identities = 0;  // screens of each kind seen
int projections = 0;
int own_codes = 0;  // screens whose codes are the stored bytes

// Rows as stored, and their screen.
struct Screened {
  Screened(const Table& table, Element element, CodeSpace of, std::size_t threads = 1,
           const std::string* scratch = nullptr)
      : stored(table.rows * row_bytes(element, table.dims)), type(element), space(of) {
    CHECK_EQUAL(from_f32(table.values.data(), table.values.size(), element, stored.data()), table.values.size());
    const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
      to_f32(type, stored.data() + begin * row_bytes(type, table.dims), (end - begin) * table.dims, to);
    };
    built = build_screen(read, table.rows, table.dims, type, space, ScreenCare::thorough, scratch, threads, {});
    if (!built) return;
    ++(built->screen.contraction.identity() ? identities : projections);
    own_codes += built->codes ? 0 : 1;
  }

  // Returns <bytes, code> of every row.
  std::vector<std::int32_t> dots(const ScreenQuery& query, std::size_t rows) const {
    const std::size_t outputs = built->screen.contraction.outputs();
    const std::vector<std::byte> own = codes();
    const void* codes = built->codes ? own.data() : stored.data();
    const std::uint8_t flip = built->codes ? std::uint8_t{0} : flip_of(type);
    std::vector<std::int32_t> products(rows);
    kernels::table().screen.rows(query.bytes().data(), {codes, outputs, nullptr, rows}, outputs, flip, products.data());
    return products;
  }

  // Returns the codes; empty if the stored bytes are the codes.
  std::vector<std::byte> codes() const {
    if (!built->codes) return {};
    std::vector<std::byte> buffer;
    const std::size_t outputs = built->screen.contraction.outputs();
    const std::byte* const begin = built->codes->read(0, built->codes->size(), buffer);
    return {begin, begin + built->codes->size() * outputs};
  }

  std::vector<std::byte> stored;
  Element type;
  CodeSpace space;
  std::optional<BuiltScreen> built;
};

std::vector<double> ranks_of(const Screened& screened, const Table& table, const float* query) {
  std::vector<double> rdists(table.rows);
  const metric::BoundQuery bound(metric_of(screened.space), screened.type, table.dims, query, Element::f32);
  bound.rdists({screened.stored.data(), row_bytes(screened.type, table.dims), nullptr, table.rows}, rdists.data());
  return rdists;
}

// Counts the rows that pass the limit of a reduced distance; row `only` alone, or all.
std::size_t passing(const Screened& screened, const ScreenQuery& query, const std::vector<std::int32_t>& dots,
                    double rdist, std::size_t first, std::size_t count) {
  const Limit limit = query.limit(rdist);
  const std::vector<float>& terms = screened.built->terms;
  const kernels::Screen screen{terms.data() + first, terms.data() + dots.size() + first, query.scale(), limit.slack,
                               limit.threshold};
  std::vector<std::uint32_t> hits(count + 16);
  std::vector<float> scores(count + 16);
  return kernels::table().screen.hits(dots.data() + first, count, screen, hits.data(), scores.data());
}

// A tighter limit must be tighter in every part: scores computed with an older one stay valid.
void check_order(const ScreenQuery& query, std::vector<double> rdists) {
  rdists.insert(rdists.end(), {1e37, 1e39, 1e300, kInfinity});
  std::sort(rdists.begin(), rdists.end());
  Limit before = query.limit(rdists.front());
  for (const double rdist : rdists) {
    const Limit limit = query.limit(rdist);
    CHECK(limit.threshold >= before.threshold && limit.slack >= before.slack);
    before = limit;
  }
}

void check_query(const Screened& screened, const Table& table, const Query& query) {
  CASE("query ", query.kind);
  const std::vector<double> rdists = ranks_of(screened, table, query.values.data());
  const ScreenQuery bound = ScreenQuery::bind(screened.built->screen, query.values.data(), 1).front();
  const std::vector<std::int32_t> dots = screened.dots(bound, table.rows);
  std::size_t wrong = 0;
  std::size_t first_wrong = 0;
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (passing(screened, bound, dots, rdists[row], row, 1) == 1) continue;
    if (wrong++ == 0) first_wrong = row;
  }
  if (wrong > 0)
    FAIL(wrong, " rows are ruled out at their own rank, the first row ", first_wrong, " at ", rdists[first_wrong]);
  check_order(bound, rdists);
  // Everything is within a reduced distance near the largest number.
  for (const double rdist : {1e36, 1e38, 1e60, 1e78, 1e300, std::numeric_limits<double>::max(), kInfinity}) {
    const double largest = *std::max_element(rdists.begin(), rdists.end());
    if (rdist < largest) continue;
    const std::size_t passed = passing(screened, bound, dots, rdist, 0, table.rows);
    if (passed != table.rows) FAIL(passed, " of ", table.rows, " rows pass the limit of ", rdist);
  }
}

void check_shape(const std::string& shape, const Table& table, Element element = Element::f32) {
  Generator random(7);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product}) {
    const Screened screened(table, element, space);
    const char* const names[] = {"squared", "unit", "inner"};
    CASE(shape, " as ", name_of(element), ", ", names[static_cast<int>(space)]);
    if (!screened.built) {
      FAIL("there is no screen");
      continue;
    }
    for (const Query& query : queries_for(table, space, random)) check_query(screened, table, query);
  }
}

void check_every_shape() {
  Generator random(1);
  check_shape("normal", normal(random, 512, 16));
  check_shape("normal, more", normal(random, 2500, 50));
  check_shape("clustered", clustered(random, 5000, 100, 60));
  check_shape("of low rank", low_rank(random, 1500, 800, 6, 0));
  check_shape("of low rank with noise", low_rank(random, 2000, 300, 10, 0.02));
  check_shape("correlated", correlated(random, 2000, 129));
  check_shape("far from zero", normal(random, 1500, 64, 1e4, 1));
  check_shape("very far from zero", [&] {
    Table table = low_rank(random, 1200, 160, 4, 0.1);
    for (float& value : table.values) value += 1e6f;
    return table;
  }());
  check_shape("badly scaled", badly_scaled(random, 1200, 96));
  check_shape("with an outlier", with_outlier(normal(random, 2000, 70)));
  check_shape("clusters with an outlier", with_outlier(clustered(random, 5000, 200, 30)));
  check_shape("duplicated", duplicated(normal(random, 700, 32), 9));
  check_shape("all the same", duplicated(normal(random, 512, 17), 1));
  check_shape("one-hot", sparse(random, 1000, 100, 1, 1));
  check_shape("sparse", sparse(random, 1500, 256, 12, 2.5f));
  check_shape("half constant", half_constant(normal(random, 900, 40)));
  check_shape("tiny", scaled(normal(random, 600, 48), 1e-10f));
  check_shape("tinier", scaled(clustered(random, 1000, 200, 10), 1e-20f));
  check_shape("tiniest", scaled(normal(random, 600, 48), 1e-30f));
  check_shape("below normal floats", scaled(normal(random, 600, 20), 1e-41f));
  check_shape("large", scaled(clustered(random, 1000, 200, 10), 1e10f));
  check_shape("the largest", scaled(normal(random, 600, 20), 1e14f));
  const Table beyond = scaled(normal(random, 600, 20), 1e17f);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::inner_product})
    CHECK(!Screened(beyond, Element::f32, space).built);
  check_shape("norms of every size", [&] {
    Table table = normal(random, 1500, 60);
    for (std::size_t i = 0; i < table.rows; ++i)
      for (std::size_t j = 0; j < table.dims; ++j) table.row(i)[j] *= std::pow(1000.0f, static_cast<float>(i % 10) / 9);
    return table;
  }());
}

void check_integers() {
  Generator random(2);
  const std::vector<std::pair<const char*, Table>> shapes = {
      {"bytes", whole(normal(random, 1000, 64), 70, 128, 0, 255)},
      {"clusters of bytes", whole(clustered(random, 3000, 128, 20), 30, 60, 0, 255)},
      {"low rank of bytes", whole(low_rank(random, 2000, 300, 5, 0.1), 20, 100, 0, 255)},
      {"sparse bytes", sparse(random, 900, 128, 20, 200)},
      {"the same bytes", duplicated(whole(normal(random, 600, 16), 70, 128, 0, 255), 1)},
  };
  for (const auto& [name, table] : shapes) {
    check_shape(name, table, Element::u8);
    check_shape(name, table);
    Table with_sign = table;
    for (float& value : with_sign.values) value -= 128;
    check_shape(name, with_sign, Element::i8);
  }
  check_shape("halves", clustered(random, 1500, 120, 20), Element::f16);
  check_shape("brain halves", clustered(random, 1500, 120, 20), Element::bf16);
}

TEST(no_row_is_ruled_out_at_its_own_rank) {
  identities = projections = own_codes = 0;
  check_every_shape();
  check_integers();
  std::printf("%d screens keep all dimensions (%d of them the stored bytes), %d project\n", identities, own_codes,
              projections);
  CHECK(identities > 0 && projections > 0 && own_codes > 0);
}

// A bound that lets everything through is valid and useless.
TEST(few_rows_pass_on_ordinary_data) {
  Generator random(3);
  const Table table = clustered(random, 5000, 100, 60);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product}) {
    const Screened screened(table, Element::f32, space);
    std::size_t passed = 0;
    const std::size_t queries = 40;
    for (std::size_t q = 0; q < queries; ++q) {
      std::vector<float> query(table.row(q * 100), table.row(q * 100) + table.dims);
      for (float& value : query) value += bell(random, 0, 0.1);
      std::vector<double> rdists = ranks_of(screened, table, query.data());
      std::nth_element(rdists.begin(), rdists.begin() + 9, rdists.end());
      const ScreenQuery bound = ScreenQuery::bind(screened.built->screen, query.data(), 1).front();
      passed += passing(screened, bound, screened.dots(bound, table.rows), rdists[9], 0, table.rows);
    }
    const double fraction = static_cast<double>(passed) / static_cast<double>(queries * table.rows);
    std::printf("space %d: %.2f %% of clustered rows pass for ten neighbours\n", static_cast<int>(space),
                100 * fraction);
    CHECK(fraction < 0.05);
  }
}

TEST(few_or_huge_rows_have_no_screen) {
  Generator random(4);
  CHECK(!Screened(normal(random, 511, 64), Element::f32, CodeSpace::l2).built);
  CHECK(!Screened(normal(random, 2000, 15), Element::f32, CodeSpace::l2).built);
  CHECK(!Screened(scaled(normal(random, 600, 20), 1e18f), Element::f32, CodeSpace::l2).built);
  CHECK(!Screened(scaled(normal(random, 600, 20), 1e37f), Element::f32, CodeSpace::inner_product).built);
  CHECK(!Screened(scaled(low_rank(random, 600, 200, 3, 0), 1e30f), Element::f32, CodeSpace::l2).built);
  // Under cosine the length does not matter.
  CHECK(Screened(scaled(normal(random, 600, 20), 1e30f), Element::f32, CodeSpace::cosine).built);
}

TEST(threads_change_nothing) {
  Generator random(5);
  const Table table = low_rank(random, 2000, 200, 12, 0.1);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product}) {
    const Screened one(table, Element::f32, space, 1);
    for (const std::size_t threads : {2u, 3u}) {
      const Screened more(table, Element::f32, space, threads);
      CHECK_EQUAL(one.codes(), more.codes());
      CHECK_EQUAL(one.built->terms, more.built->terms);
      CHECK_EQUAL(one.built->screen.contraction.directions(), more.built->screen.contraction.directions());
      CHECK_EQUAL(one.built->screen.grid.low, more.built->screen.grid.low);
      CHECK_EQUAL(one.built->screen.grid.step, more.built->screen.grid.step);
    }
  }
}

}  // namespace

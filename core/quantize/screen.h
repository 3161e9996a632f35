// A screen: small codes of all rows, and for a query a proven lower bound of its distance to each. The bound rules out
// most rows; the few that remain are compared in full, so the result is exact.
//
// A row is contracted (contraction.h), then rounded to a grid of bytes (grid.h). For a row x with projection y, stored
// as y', and a query q with projection p (as computed; d_q bounds its rounding):
//
//   |q - x| sqrt(1 + epsilon) >= |p - y'| - E - d_q             E: the row's |y - y'|
//   |p - y'|^2  =  |p|^2 + |y'|^2 - 2 <p, y'>                   <p, y'> known to within R = residual * C
//                                                               C: the row's |code - middle|
// so with T = D sqrt(1 + epsilon) + d_q, a row at distance D or less has
//
//   |y'|^2 - E^2  -  2 scale * <bytes, code>  -  2 (T E + residual C)   <=   T^2 - |p|^2 + 2 constant.
//
// The left side is the row's *score*, the right side the query's *threshold* for D. Two floats are stored per row: its
// offset |y'|^2 - E^2, and its error, the larger of E and C relative to their typical values, so that one multiple (the
// query's *slack*) covers both. As D decreases, threshold and slack decrease: a score computed with an older slack errs
// on the safe side. Cosine works the same way with unit vectors. For inner products <q, x> <= <q, centre> + <p, y>
// (Cauchy-Schwarz for the remainders), the offset is zero and the slack |p| E + residual C.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/element.h"
#include "base/monitor.h"
#include "quantize/grid.h"
#include "storage/spill_buffer.h"
#include "transform/contraction.h"
#include "transform/sample.h"
#include "transform/space.h"

namespace nearabout::quantize {

struct Screen {
  transform::CodeSpace space = transform::CodeSpace::l2;
  transform::Contraction contraction;
  Grid grid;
  double typical_error = 0;       // the median of E
  double typical_spread = 0;      // the median of C
  double largest_projection = 0;  // |y| of any row
};

// Projections longer than this have squares that floats cannot hold: they are not screened.
inline constexpr double kLargestScreened = 1e16;

// The limit for a reduced distance: rows with offset + scale * <bytes, code> - slack * error above the threshold are
// further away.
struct Limit {
  float threshold;
  float slack;
};

// A query bound to a screen.
class ScreenQuery {
 public:
  // Binds a query. `projection` and `error` are the contraction's results for it; `query` itself is needed for inner
  // products.
  ScreenQuery(const Screen& screen, const float* query, const float* projection, double error);

  const std::vector<std::int8_t>& bytes() const { return codes_.bytes; }
  // Returns the factor of the integer product in a score.
  float scale() const { return scale_; }
  // Returns a limit that every row of reduced distance `rdist` or less is within. Reduced distances are those of
  // metric/bound_query.h: |q - x|^2, 1 - cosine, -<q, x>.
  Limit limit(double rdist) const;

  // Binds `count` queries of dims floats each (neither centred nor normalised: this does both).
  static std::vector<ScreenQuery> bind(const Screen& screen, const float* queries, std::size_t count);

 private:
  Limit limit_of_squares(double rdist) const;
  Limit limit_of_products(double rdist) const;
  Limit rounded(double threshold, double slack) const;

  const Screen* screen_;
  GridQuery codes_;
  float scale_;
  double error_;
  double projection_norm_ = 0;
  double query_norm_ = 0;
  double centre_product_ = 0;  // <q, centre>
  double centre_norm_ = 0;
  double rdist_error_ = 0;  // error of reduced distances, which are sums in double (see the contract of kernels.h)
  double rounding_;         // rounding error of the products in scores, and of thresholds
  bool screens_ = true;     // false for a query too long for floats: every row passes
};

struct BuiltScreen {
  Screen screen;
  std::optional<storage::SpillBuffer> codes;  // rows x outputs; nullopt if the stored bytes are the codes
  std::vector<float> terms;                   // the offsets of all rows, then their errors
};

// How much work the build of a screen is worth. A rough one, for a few searches, is learnt from fewer rows and has
// fewer directions: it rules out fewer rows, as safely.
enum class ScreenCare : std::uint8_t { thorough, rough };

// Finds the cheapest contraction on a sample and encodes all rows. Returns nullopt if a plain scan is as fast: with few
// rows or few dimensions. The same for any number of threads. Codes are held in memory, or in a scratch file in the
// folder of the path `scratch`.
std::optional<BuiltScreen> build_screen(const transform::RowReader& read, std::size_t rows, std::size_t dims,
                                        Element stored, transform::CodeSpace space, ScreenCare care,
                                        const std::string* scratch, std::size_t threads, const Monitor& monitor);

// Returns the value to xor into stored bytes to turn them into codes.
constexpr std::uint8_t flip_of(Element stored) { return stored == Element::i8 ? 0x80 : 0; }

}  // namespace nearabout::quantize

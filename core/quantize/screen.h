// A screen: small codes of all rows, and for a query a proven bound of its distance to each. Most rows are ruled out by the
// bound; the few that are left are compared in full, so the answer is exact.
//
// A row is contracted (contraction.h), then put on a grid of bytes (grid.h). For a row x with image y, kept as y', and a
// query q with image p (as computed; d_q bounds its rounding):
//
//   |q - x| sqrt(1 + epsilon) >= |p - y'| - E - d_q             E: the largest |y - y'| of any row
//   |p - y'|^2  =  |p|^2 + |y'|^2 - 2 <p, y'>                   <p, y'> known to within R = residual * C
//                                                               C: the largest |code - middle| of any row
// so a row at distance D or less has   |y'|^2 - 2 scale * <bytes, code>  <=  (D sqrt(1 + epsilon) + E + d_q)^2 - |p|^2 + 2 constant + 2 R.
// The left side is the row's *mark*: one float a row (its term) and one integer product. The right side is the query's
// *threshold* for D. Cosine is the same among unit vectors; for inner products the mark is -scale * <bytes, code> and the
// threshold follows from <q, x> <= <q, centre> + <p, y> (Cauchy-Schwarz for the remainders).
//
// Rows that the grid cannot hold well (outliers beyond the sample) get the term minus infinity: they pass every screen, and
// do not loosen E and C for the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/element.h"
#include "base/monitor.h"
#include "quantize/contraction.h"
#include "quantize/grid.h"

namespace nearabout {

enum class Space { squared, unit, inner };  // what is bounded: |q - x|^2, the same of unit vectors, <q, x>

struct Screen {
  Space space = Space::squared;
  Contraction contraction;
  Grid grid;
  double code_error = 0;    // E
  double code_spread = 0;   // C
  double largest_image = 0;  // |y| of any row
  double largest_term = 0;  // |term| of any row that has a finite one
};

// A query bound to a screen.
class ScreenQuery {
 public:
  // `image` and `error` are what the contraction made of the query; `query` itself is needed for inner products.
  ScreenQuery(const Screen& screen, const float* query, const float* image, double error);

  const std::vector<std::int8_t>& bytes() const { return codes_.bytes; }
  // The factor of the integer product in a mark.
  float scale() const { return scale_; }
  // No row with a mark above this has `rank` or less. Ranks as in metric/bound_query.h: |q - x|^2, 1 - cosine, -<q, x>.
  float threshold(double rank) const;

  // Binds `count` queries of dims floats each (as they are: this centres or normalises them).
  static std::vector<ScreenQuery> bind(const Screen& screen, const float* queries, std::size_t count);

 private:
  double threshold_of_squares(double rank) const;
  double threshold_of_products(double rank) const;

  const Screen* screen_;
  GridQuery codes_;
  float scale_;
  double error_;
  double image_norm_ = 0;
  double query_norm_ = 0;
  double centre_product_ = 0;  // <q, centre>
  double rounding_;            // of marks and thresholds in float
};

// Delivers rows [begin, end) as stored, widened to float32.
using RowReader = std::function<void(std::size_t begin, std::size_t end, float* to)>;

struct BuiltScreen {
  Screen screen;
  std::vector<std::uint8_t> codes;  // rows x outputs; empty where the stored bytes are the codes
  std::vector<float> terms;         // one a row
};

// Measures on a sample which contraction is cheapest, and makes the codes. Nothing where a plain scan is as good: few rows
// or few dimensions. The same at any number of threads.
std::optional<BuiltScreen> build_screen(const RowReader& read, std::size_t rows, std::size_t dims, Element stored,
                                        Space space, std::size_t threads, const Monitor& monitor);

// What is xor-ed into stored bytes to make codes of them.
constexpr std::uint8_t flip_of(Element stored) { return stored == Element::i8 ? 0x80 : 0; }

// For Space::unit: each of `count` vectors divided by its length (in double, rounded once); zero stays zero.
void normalise(float* vectors, std::size_t count, std::size_t dims);

}  // namespace nearabout

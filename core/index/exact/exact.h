// The exact index: vectors, and where it pays a screen of small codes that rules most rows out (quantize/screen.h).
// Answers are those of float64 brute force.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/build_options.h"
#include "index/index.h"
#include "index/source.h"
#include "metric/bound_query.h"
#include "quantize/screen_file.h"

namespace nearabout {

// The space in which a metric can be screened; nothing where ranks are no function of an inner product.
std::optional<Space> space_of(Metric metric);

class ExactIndex : public Index {
 public:
  ExactIndex(std::shared_ptr<const storage::File> file, const Descriptor& descriptor);

  bool has_screen() const { return screen_.has_value(); }

 protected:
  std::vector<Answer> search_some(MatrixView queries, const Request& request) const override;

 private:
  void scan(const BoundQuery* queries, std::vector<TopK>& best, std::size_t begin, std::size_t end) const;
  // How the work of a search is shared out: groups of queries by parts of the rows, one task each.
  struct Cut {
    std::size_t threads, group, groups, parts, part_rows;
  };
  Cut cut(std::size_t queries, std::size_t threads) const;
  double pair_cost() const;

  const storage::Section* vectors_;
  std::optional<StoredScreen> screen_;
};

// Adds everything but keys to `writer`.
void write_exact(storage::Writer& writer, const Source& source, const std::string& metadata,
                 const BuildOptions& options, const Monitor& monitor);

}  // namespace nearabout

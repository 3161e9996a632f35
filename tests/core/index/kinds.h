// Small indexes of each kind, for tests that all kinds have to pass.
#pragma once

#include "index/exact/exact.h"
#include "index/forest/forest.h"
#include "index/graph/graph.h"
#include "index/ivf/ivf.h"
#include "index/kdtree/kdtree.h"
#include "index/lsh/lsh.h"
#include "index/validated_rows.h"
#include "storage/writer.h"

namespace nearabout::test {

using Build = void (*)(storage::Writer&, const index::ValidatedRows&);

inline void build_exact(storage::Writer& writer, const index::ValidatedRows& source) {
  exact::write_exact(writer, source, {}, "{}", {.threads = 2}, {});
}

inline void build_forest(storage::Writer& writer, const index::ValidatedRows& source) {
  forest::write_forest(writer, source, {.trees = 2, .leaf_size = 40}, "{}", {.threads = 2}, {});
}

inline void build_lists(storage::Writer& writer, const index::ValidatedRows& source) {
  ivf::write_ivf(writer, source, {.lists = 30}, "{}", {.threads = 2}, {});
}

inline void build_graph(storage::Writer& writer, const index::ValidatedRows& source) {
  graph::write_graph(writer, source, {}, "{}", {.threads = 2}, {});
}

inline void build_kdtree(storage::Writer& writer, const index::ValidatedRows& source) {
  kdtree::write_kdtree(writer, source, {}, "{}", {.threads = 2}, {});
}

inline void build_lsh(storage::Writer& writer, const index::ValidatedRows& source) {
  lsh::write_lsh(writer, source, {}, "{}", {.threads = 2}, {});
}

}  // namespace nearabout::test

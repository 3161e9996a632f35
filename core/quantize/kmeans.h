// k-means on points of signed bytes.
//
// Lloyd's algorithm (S. Lloyd, "Least squares quantization in PCM", 1982), seeded hierarchically: first about sqrt(k)
// clusters, each of which is then divided in proportion to its points. If there are many clusters, only the first
// rounds compare points with all centroids, later ones with those near the point's own. Distances and sums are whole
// numbers, so the result is the same for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/grouping.h"

namespace nearabout::quantize {

struct KMeansOptions {
  std::size_t clusters = 1;
  std::size_t rounds = 8;  // maximum rounds over all points; stops early when hardly any point changes its cluster
  // Penalty on the size of clusters: what a cluster twice the mean size adds to the squared distances of its points, as
  // a fraction of the mean square. A larger value makes clusters more equal and less tight; 0 does not balance them.
  double balance = 0;
  std::size_t threads = 1;
};

// A clustering that can go on from where it is.
class KMeans {
 public:
  using Points = std::vector<std::int8_t>;

  // Chooses the seeds. `points` outlive the clustering.
  KMeans(const Points& points, std::size_t dims, const KMeansOptions& options);
  KMeans(const Points& points, std::size_t dims, const KMeansOptions& options, Points seeds);

  // Goes on for at most so many rounds, whatever the options say.
  void run(std::size_t rounds);

  const Points& centroids() const { return centroids_; }
  const std::vector<std::uint32_t>& ids() const { return ids_; }  // cluster of each point in the last round

 private:
  void assign();
  void move();
  std::vector<float> penalties() const;

  const Points& points_;
  std::size_t dims_;
  KMeansOptions options_;
  Points centroids_;
  std::vector<std::uint32_t> ids_;
  Grouping grouping_;  // by ids_
  std::vector<float> penalties_;
  std::size_t rounds_ = 0;
  bool settled_ = false;
};

// Returns the centroids, clusters x dims. There are always `clusters` of them, but some may have no points. `dims` is a
// multiple of four up to kMaxByteDims.
std::vector<std::int8_t> kmeans(const std::vector<std::int8_t>& points, std::size_t dims, const KMeansOptions& options);

}  // namespace nearabout::quantize

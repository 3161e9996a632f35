// A trace by searching: each effort of a ladder is tried, with each k that is measured.
#include <algorithm>
#include <cmath>
#include <map>

#include "index/calibration/calibration.h"
#include "index/index.h"

namespace nearabout {
namespace {

constexpr double kStep = 1.25;      // from one effort to the next
constexpr double kEnough = 0.9985;  // where more effort would tell nothing

class SearchTrace : public Trace {
 public:
  SearchTrace(const Index& index, const Trials& trials, std::size_t threads, const Monitor& monitor)
      : index_(index), trials_(trials), asked_(trials, index.descriptor().element) {
    const std::size_t most = index.most_effort();
    double effort = static_cast<double>(index.least_effort());
    for (bool enough = false; !enough;) {
      const auto spent = std::min(static_cast<std::size_t>(std::ceil(effort)), most);
      efforts_.push_back(spent);
      enough = try_effort(spent, threads, monitor) >= kEnough || spent == most;
      effort *= kStep;
    }
  }

  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override { return found_.at({k, effort}); }
  TraceCost cost(std::size_t k, std::size_t effort) const override { return index_.cost_of(k, effort); }

 private:
  // Returns the least recall, of all k.
  double try_effort(std::size_t effort, std::size_t threads, const Monitor& monitor) {
    double least = 1;
    for (const std::size_t k : kMeasuredAt) {
      Request request;
      request.k = k + (trials_.rows.empty() ? 0 : 1);  // the row itself is found, too
      request.effort = effort;
      request.threads = threads;
      request.monitor = monitor;
      const std::vector<Answer> answers = index_.search(asked_.view(), request);
      std::vector<double>& found = found_[{k, effort}];
      double all = 0;
      double sum = 0;
      for (std::size_t query = 0; query < answers.size(); ++query) {
        const std::vector<std::uint32_t>& nearest = trials_.nearest[query];
        const std::size_t wanted = std::min(k, nearest.size());
        std::vector<std::uint32_t> rows = answers[query].rows;
        std::sort(rows.begin(), rows.end());
        const auto is_found = [&](std::uint32_t row) { return std::binary_search(rows.begin(), rows.end(), row); };
        found.push_back(static_cast<double>(
            std::count_if(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(wanted), is_found)));
        all += static_cast<double>(wanted);
        sum += found.back();
      }
      least = std::min(least, all > 0 ? sum / all : 1);
    }
    return least;
  }

  const Index& index_;
  const Trials& trials_;
  AskedTrials asked_;
  std::vector<std::size_t> efforts_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> found_;  // by k and effort
};

}  // namespace

std::unique_ptr<Trace> search_trace(const Index& index, const Trials& trials, std::size_t threads,
                                    const Monitor& monitor) {
  return std::make_unique<SearchTrace>(index, trials, threads, monitor);
}

}  // namespace nearabout

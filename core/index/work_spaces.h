// The work spaces of searches through an index: one per thread, kept from search to search, because to make one costs
// more than to answer a query. Nobody waits for the lock, so that a process forked while another thread held it does
// not hang.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace nearabout::index {

template <class Space>
class WorkSpaces {
 public:
  // Returns a work space to the others.
  struct Return {
    WorkSpaces* spaces;
    void operator()(Space* space) const { spaces->give_back(std::unique_ptr<Space>(space)); }
  };

  // Returns one that is not in use, or else what `make` makes.
  template <class Make>
  std::unique_ptr<Space, Return> take(Make make) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || idle_.empty()) return {make().release(), Return{this}};
    Space* const space = idle_.back().release();
    idle_.pop_back();
    return {space, Return{this}};
  }

 private:
  void give_back(std::unique_ptr<Space> space) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock) idle_.push_back(std::move(space));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Space>> idle_;
};

}  // namespace nearabout::index

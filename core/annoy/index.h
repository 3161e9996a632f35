// The C++ counterpart of Annoy's Python class: add items, build trees, find neighbours; save and map files. Calls are
// allowed in the same order as in AnnoyIndex of annoylib.h 1.17.3, except that calls that would corrupt an index there
// are rejected here.
//
// Not thread-safe, except that any number of const functions may run at the same time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "annoy/build.h"
#include "annoy/search.h"
#include "annoy/trees.h"
#include "storage/growing.h"
#include "storage/system.h"

namespace nearabout::annoy {

class Index {
 public:
  Index(Space space, std::size_t dims);

  const Layout& layout() const { return layout_; }
  std::uint32_t item_count() const { return trees_.item_count; }
  std::size_t tree_count() const { return trees_.roots.size(); }
  std::uint32_t node_count() const { return trees_.node_count; }

  // Adds an item. `vector` has `dims` values; under hamming those above 0.5 are set bits. Skipped numbers are holes.
  void add(std::uint32_t item, const float* vector);
  void set_seed(std::uint64_t seed) { seed_ = seed; }
  // Builds `trees` trees, or chooses their number if that is kTreesToFit.
  void build(int trees, std::size_t threads, const Monitor& monitor);
  void unbuild();
  // Moves the nodes to a file, which is renamed to `path` when it is built.
  void build_on_disk(const std::string& path);
  // Saves the whole file or nothing, and then maps it instead of the nodes in memory.
  void save(const std::string& path, bool prefault);
  // Loads a file. If this throws, the index is unchanged.
  void load(const std::string& path, bool prefault);
  void unload();

  // Finds neighbours of an item below item_count.
  Found neighbours_of_item(std::uint32_t item, std::int64_t count, std::int64_t search_k) const;
  Found neighbours_of_vector(const float* vector, std::int64_t count, std::int64_t search_k) const;
  float distance(std::uint32_t left, std::uint32_t right) const { return annoy::distance(trees_, left, right); }
  void copy_vector(std::uint32_t item, float* out) const;
  bool is_hole(std::uint32_t item) const { return !trees_.is_item(item); }
  // Returns a vector as stored: floats, or the bits of hamming, the first in the lowest bit.
  const std::byte* stored_vector(std::uint32_t item) const { return trees_.vector(item); }

 private:
  enum class State { growing, built, loaded };

  void require_growing(const char* what) const;
  void take_vector(const float* vector, std::byte* out) const;
  void point_at(const std::byte* nodes) { trees_.nodes = nodes; }
  Found look_up(const std::byte* vector, std::int64_t count, std::int64_t search_k) const;

  Layout layout_;
  State state_ = State::growing;
  std::uint64_t seed_;
  std::string disk_path_;  // target of an index that is built on disk; empty for one in memory
  std::unique_ptr<storage::system::GrowingBytes> memory_;
  std::unique_ptr<storage::system::Mapping> file_;
  Trees trees_;
  mutable ScratchPool scratch_;
};

}  // namespace nearabout::annoy

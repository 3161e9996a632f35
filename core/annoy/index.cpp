#include "annoy/index.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "annoy/floats.h"

namespace nearabout::annoy {
namespace {

using storage::system::GrowingBytes;
using storage::system::Mapping;
using storage::system::TemporaryFile;

constexpr std::uint64_t kDefaultSeed = 1234567890987654321u;

// Throws SystemError, which becomes OSError: Annoy raises that for everything that prevents loading or saving.
[[noreturn]] void refuse(const std::string& path, const std::string& sentence) {
  throw SystemError(EINVAL, path, sentence);
}

// Returns the roots: the nodes at the end that claim to have all items. They are copies of the real roots, which
// directly precede them and claim the same in a file of one tree, or of trees that are single nodes.
std::vector<std::uint32_t> find_roots(const Trees& trees) {
  const auto items = static_cast<std::int32_t>(trees.item_count);
  std::uint32_t begin = trees.node_count;
  while (begin > trees.item_count && descendants(trees.node(begin - 1)) == items) --begin;
  const std::size_t found = trees.node_count - begin;
  const std::size_t half = found / 2 * trees.layout->node_bytes;
  const auto same = [&](std::size_t first, std::size_t second, std::size_t bytes) {
    return std::memcmp(trees.node(first), trees.node(second), bytes) == 0;
  };
  if (found % 2 == 0 && found > 0 && same(begin, begin + found / 2, half))
    begin += static_cast<std::uint32_t>(found / 2);
  else if (found > 1 && load_at<std::int32_t>(trees.node(begin), trees.layout->children) ==
                            load_at<std::int32_t>(trees.node(trees.node_count - 1), trees.layout->children))
    ++begin;  // begin is the last of the real roots, if these are not adjacent
  std::vector<std::uint32_t> roots;
  for (std::uint32_t root = trees.node_count; root > begin; --root) roots.push_back(root - 1);
  return roots;
}

Trees trees_in(const Mapping& file, const std::string& path, const Layout& layout) {
  const std::size_t size = file.bytes().size();
  if (size == 0) refuse(path, path + " is empty: size of file is zero");
  if (size % layout.node_bytes != 0)
    refuse(path, path + " has " + std::to_string(size) + " bytes; index size is not a multiple of vector size (" +
                     std::to_string(layout.node_bytes) + " for metric '" + std::string(name_of(layout.space)) +
                     "' and f=" + std::to_string(layout.dims) +
                     "). Ensure you are opening using the same metric and f you used to create the index");
  Trees trees;
  trees.layout = &layout;
  trees.nodes = file.bytes().data();
  trees.name = path;
  if (size / layout.node_bytes > kMaxNodes)
    throw CorruptFileError(
        path +
        " has more than 2147483647 nodes, which Annoy cannot number; the file is damaged, or it is not an Annoy file");
  trees.node_count = static_cast<std::uint32_t>(size / layout.node_bytes);
  const std::int32_t items = descendants(trees.node(trees.node_count - 1));
  if (items < 0 || static_cast<std::uint32_t>(items) >= trees.node_count)
    trees.corrupt(trees.node_count - 1,
                  "is the root of a tree and says that it has " + std::to_string(items) + " items");
  trees.item_count = static_cast<std::uint32_t>(items);
  trees.roots = find_roots(trees);
  return trees;
}

// Reads one byte of each page, so that no search waits for the disk.
void touch(const Mapping& file) {
  constexpr std::size_t kPage = 4096;
  volatile std::byte sink{};
  for (std::size_t place = 0; place < file.bytes().size(); place += kPage) sink = file.bytes()[place];
  (void)sink;
}

}  // namespace

Index::Index(Space space, std::size_t dims)
    : layout_(space, dims), seed_(kDefaultSeed), memory_(std::make_unique<GrowingBytes>()) {
  trees_.layout = &layout_;
}

void Index::take_vector(const float* vector, std::byte* out) const {
  if (layout_.space != Space::hamming) {
    std::memcpy(out, vector, layout_.vector_bytes);
    return;
  }
  for (std::size_t first = 0; first < layout_.dims; first += 64) {
    std::uint64_t word = 0;
    const std::size_t count = std::min<std::size_t>(64, layout_.dims - first);
    for (std::size_t bit = 0; bit < count; ++bit) word |= std::uint64_t{vector[first + bit] > 0.5f} << bit;
    store_at(out, first / 8, word);
  }
}

void Index::require_growing(const char* what) const {
  if (state_ == State::loaded)
    throw InvalidInputError(std::string("You can't ") + what + " a loaded index; unload() it, or start a new one");
  if (state_ == State::built)
    throw InvalidInputError(std::string("You can't ") + what + " a built index; call unbuild() first");
}

void Index::add(std::uint32_t item, const float* vector) {
  require_growing("add an item to");
  if (item >= kMaxNodes)
    throw InvalidInputError("item " + std::to_string(item) + " is too large; the largest is 2147483646");
  const std::size_t bytes = (std::size_t{item} + 1) * layout_.node_bytes;
  if (bytes > memory_->size()) {
    constexpr std::size_t kMinBytes = 1 << 16;
    memory_->resize(std::max({bytes, memory_->size() + memory_->size() / 2, kMinBytes}));
    point_at(memory_->data());
  }
  std::byte* node = memory_->data() + item * layout_.node_bytes;
  std::memset(node, 0, layout_.vector);
  store_at(node, 0, std::int32_t{1});
  take_vector(vector, node + layout_.vector);
  if (layout_.space == Space::angular) store_at(node, kSquaredNormAt, dot(vector, vector, layout_.dims));
  trees_.item_count = std::max(trees_.item_count, item + 1);
}

void Index::build(int trees, std::size_t threads, const Monitor& monitor) {
  require_growing("build");
  const BuildPlan plan = {&layout_, trees_.item_count, trees, seed_, threads};
  Built built;
  try {
    built = build_trees(*memory_, plan, monitor);
    point_at(memory_->data());
    if (memory_->in_file()) memory_->publish();
  } catch (...) {
    point_at(memory_->data());
    if (memory_->data() == nullptr) trees_.item_count = 0;  // the file could not be mapped again
    throw;
  }
  trees_.node_count = built.node_count;
  trees_.roots = std::move(built.roots);
  state_ = State::built;
}

void Index::unbuild() {
  if (state_ == State::loaded) require_growing("unbuild");
  if (state_ == State::built && memory_->in_file()) {
    // The file has been renamed to its target and may be open elsewhere: it is left alone, and a new one is started.
    auto fresh = std::make_unique<GrowingBytes>(disk_path_);
    const std::size_t bytes = trees_.item_count * layout_.node_bytes;
    if (bytes > 0) {
      fresh->resize(bytes);
      std::memcpy(fresh->data(), memory_->data(), bytes);
    }
    memory_ = std::move(fresh);
    point_at(memory_->data());
  } else if (memory_->size() > 0) {
    // Items added later may leave holes where the trees were.
    const std::size_t items = trees_.item_count * layout_.node_bytes;
    std::memset(memory_->data() + items, 0, memory_->size() - items);
  }
  trees_.node_count = 0;
  trees_.roots.clear();
  state_ = State::growing;
}

void Index::build_on_disk(const std::string& path) {
  if (state_ != State::growing)
    refuse(path, "You can't build a built or loaded index on disk; call unbuild() or unload() first");
  auto fresh = std::make_unique<GrowingBytes>(path);
  const std::size_t bytes = trees_.item_count * layout_.node_bytes;
  if (bytes > 0) {
    fresh->resize(bytes);
    std::memcpy(fresh->data(), memory_->data(), bytes);
  }
  memory_ = std::move(fresh);
  disk_path_ = path;
  point_at(memory_->data());
}

void Index::save(const std::string& path, bool prefault) {
  if (state_ == State::growing)
    refuse(path, "You can't save an index that hasn't been built; call build(n_trees) first");
  if (trees_.roots.empty())
    refuse(path, "You can't save an index without trees, which Annoy's files cannot represent; build at least 1 tree");
  if (state_ == State::built && memory_->in_file() && path == disk_path_) return;  // already saved there
  const std::span bytes(trees_.nodes, trees_.node_count * layout_.node_bytes);
  if (!storage::system::write_to_device(path, bytes)) {
    TemporaryFile file(path);
    file.write(bytes);
    file.publish();
  }
  load(path, prefault);
}

void Index::load(const std::string& path, bool prefault) {
  auto file = std::make_unique<Mapping>(path);
  Trees trees = trees_in(*file, path, layout_);
  if (prefault) touch(*file);
  unload();
  file_ = std::move(file);
  trees_ = std::move(trees);
  state_ = State::loaded;
}

void Index::unload() {
  trees_ = Trees{};
  trees_.layout = &layout_;
  file_.reset();
  memory_ = std::make_unique<GrowingBytes>();
  disk_path_.clear();
  seed_ = kDefaultSeed;
  state_ = State::growing;
}

Found Index::look_up(const std::byte* vector, std::int64_t count, std::int64_t search_k) const {
  std::unique_ptr<Scratch> scratch = scratch_.take();
  Found found = search(trees_, vector, count, search_k, *scratch);
  scratch_.give_back(std::move(scratch));
  return found;
}

Found Index::neighbours_of_item(std::uint32_t item, std::int64_t count, std::int64_t search_k) const {
  return look_up(trees_.vector(item), count, search_k);
}

Found Index::neighbours_of_vector(const float* vector, std::int64_t count, std::int64_t search_k) const {
  if (layout_.space != Space::hamming)
    return look_up(std::as_bytes(std::span(vector, layout_.dims)).data(), count, search_k);
  std::vector<std::uint64_t> words(layout_.vector_bytes / 8);
  std::byte* const bytes = std::as_writable_bytes(std::span(words)).data();
  take_vector(vector, bytes);
  return look_up(bytes, count, search_k);
}

void Index::copy_vector(std::uint32_t item, float* out) const {
  const std::byte* vector = trees_.vector(item);
  if (layout_.space != Space::hamming) {
    std::memcpy(out, vector, layout_.vector_bytes);
    return;
  }
  for (std::size_t i = 0; i < layout_.dims; ++i)
    out[i] = static_cast<float>(load_at<std::uint64_t>(vector, i / 64 * 8) >> i % 64 & 1);
}

}  // namespace nearabout::annoy

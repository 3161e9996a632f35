// An open index: a searcher, the file that it reads, and the keys of its rows.
#pragma once

#include <memory>
#include <vector>

#include "index/searcher.h"
#include "storage/file.h"
#include "storage/key_map.h"

namespace nearabout::index {

class StoredIndex {
 public:
  // Opens a file. Throws CorruptFileError if its sections contradict each other.
  static std::shared_ptr<const StoredIndex> open(std::shared_ptr<const storage::File> file);

  const Searcher& searcher() const { return *searcher_; }
  const Descriptor& descriptor() const { return searcher_->descriptor(); }
  std::size_t rows() const { return searcher_->rows(); }
  std::size_t dims() const { return searcher_->dims(); }
  const storage::File& file() const { return *file_; }
  const std::shared_ptr<const storage::File>& file_handle() const { return file_; }
  const storage::KeyMap& keys() const { return keys_; }

  // Throws CorruptFileError if a checksum is wrong, a key does not lead to its row, or a number is not finite: damage
  // by accident, or by a faulty writer.
  void verify(const Monitor& monitor = {}) const;

 private:
  StoredIndex(std::shared_ptr<const storage::File> file, std::unique_ptr<const Searcher> searcher);

  std::shared_ptr<const storage::File> file_;  // first: the searcher reads it
  std::unique_ptr<const Searcher> searcher_;
  storage::KeyMap keys_;
};

}  // namespace nearabout::index

// An open index: a searcher, the file that it reads, and the keys of its rows.
#pragma once

#include <memory>
#include <vector>

#include "index/searcher.h"
#include "storage/file.h"
#include "storage/key_map.h"

namespace nearabout {

class StoredIndex {
 public:
  // CorruptFileError where the sections of the file do not fit each other.
  static std::shared_ptr<const StoredIndex> open(std::shared_ptr<const storage::File> file);

  const Searcher& searcher() const { return *searcher_; }
  const Descriptor& descriptor() const { return searcher_->descriptor(); }
  std::size_t rows() const { return searcher_->rows(); }
  std::size_t dims() const { return searcher_->dims(); }
  const storage::File& file() const { return *file_; }
  const std::shared_ptr<const storage::File>& file_handle() const { return file_; }
  const storage::KeyMap& keys() const { return keys_; }

  // CorruptFileError where a checksum does not fit, a key does not lead to its row, or a number is not finite: what
  // accidents do, and what a faulty writer did.
  void verify(const Monitor& monitor = {}) const;

 private:
  StoredIndex(std::shared_ptr<const storage::File> file, std::unique_ptr<const Searcher> searcher);

  std::shared_ptr<const storage::File> file_;  // first: the searcher reads it
  std::unique_ptr<const Searcher> searcher_;
  storage::KeyMap keys_;
};

}  // namespace nearabout

#include "index/index.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "index/exact/exact.h"

namespace nearabout {
namespace {

// Rows that are no numbers have no rank, and numbers of a screen that are none rule out rows that qualify. Building
// refuses both, so only a forged file or one from a faulty writer gets here.
[[noreturn]] void throw_incomparable(const storage::File& file, std::size_t found, std::size_t wanted) {
  throw CorruptFile(file.name() + " is corrupt: " + std::to_string(found) + " of " + std::to_string(wanted) +
                    " neighbours were found, so the sections vectors or row_terms hold what is not a finite number. "
                    "Build it again.");
}

}  // namespace

Index::Index(std::shared_ptr<const storage::File> file, const Descriptor& descriptor)
    : file_(std::move(file)), descriptor_(descriptor), keys_(file_) {
  if (keys_.kind() != storage::KeyKind::none && keys_.size() != descriptor_.rows)
    throw CorruptFile(file_->name() + " is corrupt: it has " + std::to_string(keys_.size()) + " keys for " +
                      std::to_string(descriptor_.rows) + " vectors. Copy or build it again.");
}

std::shared_ptr<const Index> Index::open(std::shared_ptr<const storage::File> file) {
  const Descriptor descriptor = read_descriptor(*file);
  return std::make_shared<const ExactIndex>(std::move(file), descriptor);
}

std::vector<Answer> Index::search(MatrixView queries, const Request& request) const {
  if (queries.rows == 0 || rows() == 0) return std::vector<Answer>(queries.rows);
  Request clamped = request;
  clamped.k = std::min(request.k, rows());
  std::vector<Answer> answers = search_some(queries, clamped);
  if (!request.radius)
    for (const Answer& answer : answers)
      if (answer.rows.size() < clamped.k) throw_incomparable(*file_, answer.rows.size(), clamped.k);
  return answers;
}

std::vector<Answer> Index::search_rows(const std::vector<std::uint32_t>& queries, bool include_self,
                                       const Request& request) const {
  const Element element = descriptor_.element;
  const std::size_t bytes = row_bytes(element, dims());
  std::vector<std::byte> vectors(queries.size() * bytes);
  copy_vectors(queries, vectors.data());
  Request wider = request;
  if (!include_self && wider.k < rows()) ++wider.k;
  std::vector<Answer> answers = search({vectors.data(), queries.size(), dims(), bytes, element}, wider);
  if (include_self) return answers;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    Answer& answer = answers[i];
    // The row itself, or (among more duplicates of it than were asked for) the last.
    const auto self = std::find(answer.rows.begin(), answer.rows.end(), queries[i]);
    const auto place = self - answer.rows.begin();
    if (self != answer.rows.end()) {
      answer.rows.erase(self);
      answer.distances.erase(answer.distances.begin() + place);
    } else if (answer.rows.size() > request.k) {
      answer.rows.pop_back();
      answer.distances.pop_back();
    }
  }
  return answers;
}

void Index::copy_vectors(const std::vector<std::uint32_t>& queries, std::byte* to) const {
  const storage::Section& vectors = file_->section(storage::SectionId::vectors);
  const std::size_t bytes = row_bytes(descriptor_.element, dims());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i] >= rows())
      throw InvalidInput("row " + std::to_string(queries[i]) + " was asked for; the index has " +
                         std::to_string(rows()) + " rows, numbered from 0");
    const std::uint64_t begin = std::uint64_t{queries[i]} * bytes;
    std::memcpy(to + i * bytes, vectors.checked(begin, begin + bytes), bytes);
  }
}

}  // namespace nearabout

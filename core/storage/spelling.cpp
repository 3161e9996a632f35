#include "storage/spelling.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace nearabout::storage {
namespace {

using Points = std::vector<char32_t>;

constexpr std::size_t kMaxEdits = 8;

// Decodes UTF-8 into code points. Bytes that are not UTF-8 map to a separate range: suggestions must work for any
// stored key.
void decode(std::string_view text, Points& points) {
  points.clear();
  for (std::size_t place = 0; place < text.size();) {
    const auto lead = static_cast<unsigned char>(text[place]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || length > text.size() - place) {
      points.push_back(0x110000 + lead);
      ++place;
      continue;
    }
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t next = 1; next < length; ++next)
      point = point << 6 | (static_cast<unsigned char>(text[place + next]) & 0x3F);
    points.push_back(point);
    place += length;
  }
}

void fold(Points& points) {
  for (char32_t& point : points)
    if (point >= 'A' && point <= 'Z') point += 'a' - 'A';
}

// Returns a set of the code points, modulo 64, as bits: one edit changes at most one bit of those that the other word
// lacks.
std::uint64_t letters(const Points& points) {
  std::uint64_t set = 0;
  for (const char32_t point : points) set |= std::uint64_t{1} << (point % 64);
  return set;
}

// Optimal string alignment (Damerau-Levenshtein without editing any part twice), by the usual recurrence but only
// within `limit` of the diagonal (E. Ukkonen, "Algorithms for approximate string matching", 1985), stopping when a
// whole row exceeds it. Beyond `limit` the result is limit + 1.
class BoundedDistance {
 public:
  std::size_t operator()(const Points& left, const Points& right, std::size_t limit) {
    const std::size_t longer = std::max(left.size(), right.size());
    const std::size_t shorter = std::min(left.size(), right.size());
    if (longer - shorter > limit) return limit + 1;
    limit = std::min(limit, longer);
    for (auto* row : {&before_, &previous_, &current_}) row->assign(right.size() + 1, limit + 1);
    for (std::size_t column = 0; column <= std::min(limit, right.size()); ++column) previous_[column] = column;
    for (std::size_t line = 1; line <= left.size(); ++line) {
      if (fill(left, right, line, limit) > limit) return limit + 1;
      before_.swap(previous_);
      previous_.swap(current_);
    }
    return std::min(previous_[right.size()], limit + 1);
  }

 private:
  // Fills one line of the table; returns its smallest number. Cells just outside the band count as limit + 1.
  std::size_t fill(const Points& left, const Points& right, std::size_t line, std::size_t limit) {
    const std::size_t first = line > limit ? line - limit : 1;
    const std::size_t last = std::min(line + limit, right.size());
    std::size_t least = current_[first - 1] = first == 1 ? line : limit + 1;
    for (std::size_t column = first; column <= last; ++column) {
      std::size_t cost = previous_[column - 1] + (left[line - 1] != right[column - 1]);
      if (column < line + limit) cost = std::min(cost, previous_[column] + 1);
      cost = std::min(cost, current_[column - 1] + 1);
      if (line > 1 && column > 1 && left[line - 1] == right[column - 2] && left[line - 2] == right[column - 1])
        cost = std::min(cost, before_[column - 2] + 1);
      current_[column] = std::min(cost, limit + 1);
      least = std::min(least, current_[column]);
    }
    if (last < right.size()) current_[last + 1] = limit + 1;
    return least;
  }

  std::vector<std::size_t> before_, previous_, current_;
};

struct Candidate {
  std::size_t edits;
  bool other_case;
  std::size_t row;
  friend auto operator<=>(const Candidate&, const Candidate&) = default;
};

// The best `count` candidates so far, as a heap with the worst on top.
class Best {
 public:
  Best(std::size_t count, std::size_t limit) : count_(count), limit_(limit) {}

  // Returns the largest distance that can still be among the best; an equal distance can, because the case may match.
  std::size_t limit() const { return limit_; }

  void offer(const Candidate& candidate) {
    if (heap_.size() == count_) {
      if (!(candidate < heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() == count_) limit_ = std::min(limit_, heap_.front().edits);
  }

  std::vector<Candidate> sorted() && {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  std::size_t count_;
  std::size_t limit_;
  std::vector<Candidate> heap_;
};

class Speller {
 public:
  Speller(std::string_view word, std::size_t count) : best_(count, 0) {
    decode(word, exact_);
    folded_ = exact_;
    fold(folded_);
    letters_ = letters(folded_);
    best_ = Best(count, std::min(kMaxEdits, std::max<std::size_t>(2, folded_.size() / 3)));
  }

  void consider(std::size_t row, std::string_view key) {
    const std::size_t limit = best_.limit();
    // A code point is one to four bytes, so most keys of another length need no decoding.
    if (key.size() + limit < folded_.size() || key.size() > 4 * (folded_.size() + limit)) return;
    decode(key, key_exact_);
    key_folded_ = key_exact_;
    fold(key_folded_);
    const std::uint64_t key_letters = letters(key_folded_);
    if (static_cast<std::size_t>(std::popcount(letters_ & ~key_letters)) > limit ||
        static_cast<std::size_t>(std::popcount(key_letters & ~letters_)) > limit)
      return;
    const std::size_t edits = distance_(folded_, key_folded_, limit);
    if (edits > limit) return;
    best_.offer({edits, distance_(exact_, key_exact_, edits) > edits, row});
  }

  std::vector<Candidate> best() && { return std::move(best_).sorted(); }

 private:
  Points exact_, folded_;
  Points key_exact_, key_folded_;
  std::uint64_t letters_ = 0;
  BoundedDistance distance_;
  Best best_;
};

void fold_ascii(std::string_view text, std::string& folded) {
  folded.assign(text);
  for (char& letter : folded)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
}

}  // namespace

std::vector<std::string> similar_keys(const KeyMap& keys, std::string_view word, std::size_t count) {
  std::vector<std::string> words;
  if (count == 0) return words;
  Speller speller(word, count);
  keys.each_string([&](std::size_t row, std::string_view key) { speller.consider(row, key); });
  for (const Candidate& candidate : std::move(speller).best()) words.emplace_back(keys.string_key(candidate.row));
  return words;
}

std::vector<std::string> keys_with(const KeyMap& keys, std::string_view text, std::size_t count) {
  std::vector<std::string> beginning;
  std::vector<std::string> containing;
  if (text.empty()) return beginning;
  std::string wanted;
  std::string folded;
  fold_ascii(text, wanted);
  keys.each_string([&](std::size_t, std::string_view key) {
    if (key.size() < wanted.size() || beginning.size() == count) return;
    fold_ascii(key, folded);
    const std::size_t place = folded.find(wanted);
    auto& list = place == 0 ? beginning : containing;
    if (place != std::string::npos && list.size() < count) list.emplace_back(key);
  });
  for (std::string& key : containing)
    if (beginning.size() < count) beginning.push_back(std::move(key));
  return beginning;
}

}  // namespace nearabout::storage

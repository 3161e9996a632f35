// Spelling suggestions: the keys most similar to a word that is not in the index.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/key_map.h"

namespace nearabout::storage {

// Returns up to `count` string keys, nearest first: by the optimal string alignment distance over code points, ignoring
// the case of ASCII letters; then those with equal case first; then by row, which in word lists usually means by
// frequency. Keys further away than max(2, a third of the word's length), or than 8, are not suggested. Returns nothing
// if keys are integers.
std::vector<std::string> similar_keys(const KeyMap& keys, std::string_view word, std::size_t count);

// Returns up to `count` string keys that begin with `text`, followed by those that contain it, each group by row and
// ignoring the case of ASCII letters. Returns nothing if the text is empty or keys are integers.
std::vector<std::string> keys_with(const KeyMap& keys, std::string_view text, std::size_t count);

}  // namespace nearabout::storage

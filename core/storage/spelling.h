// The keys that are most like a word: what to offer when it is not there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/key_map.h"

namespace nearabout::storage {

// Up to `count` string keys, nearest first: by the optimal string alignment distance over code points, letters of ASCII
// compared without case; then those that need no change of case; then by row, which in files of words is by frequency.
// Keys further away than max(2, a third of the word's length), or than 8, are not offered. Nothing when keys are
// integers.
std::vector<std::string> similar_keys(const KeyMap& keys, std::string_view word, std::size_t count);

// Up to `count` string keys that begin with a text, and after them those that contain it: each by row; letters of ASCII
// compared without case. Nothing when the text is empty or keys are integers.
std::vector<std::string> keys_with(const KeyMap& keys, std::string_view text, std::size_t count);

}  // namespace nearabout::storage

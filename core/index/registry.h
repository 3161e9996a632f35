// The kinds of index that there are. A kind is one entry here (registry.cpp), one folder beside this file, and one
// object in Python (nearabout/kinds); nothing else knows its name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/monitor.h"
#include "index/build_options.h"
#include "index/descriptor.h"
#include "index/parameters.h"
#include "index/validated_rows.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout {

class Searcher;

// What a kind builds from, besides the rows.
struct KindBuild {
  const Parameters& parameters;
  const std::string& metadata;  // JSON text, stored as it is
  const BuildOptions& options;
  double recall;                        // that searches aim at by default
  std::span<const float> queries = {};  // that the index is calibrated with, one after the other; empty: rows serve
};

struct IndexKind {
  std::uint32_t number = 0;  // in files: never reused
  std::string_view name;
  // CorruptFileError where the sections of the kind do not fit each other.
  std::unique_ptr<const Searcher> (*open)(const storage::File& file, const Descriptor& descriptor);
  // Adds everything but keys and calibration to `writer`.
  void (*write)(storage::Writer& writer, const ValidatedRows& rows, const KindBuild& build, const Monitor& monitor);
  // Whether a file without vectors is as it should be; null for kinds that always keep them.
  bool (*may_lack_vectors)(const storage::File& file) = nullptr;
};

// Adds a kind; for tests and for kinds outside of this library. InvalidInputError where the number or the name is
// taken. Not to be called while another thread uses the registry.
void register_kind(const IndexKind& kind);

// The names of all kinds, in the order of their registration.
std::vector<std::string> kind_names();
// Null where there is none.
const IndexKind* find_kind(std::uint64_t number);
// InvalidInputError where there is none.
const IndexKind& kind_named(std::string_view name);

}  // namespace nearabout

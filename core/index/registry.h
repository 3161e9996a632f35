// The registry of all kinds of index. A kind is one entry in registry.cpp, one folder next to this file, and one class
// in Python (nearabout/kinds). Nothing else knows its name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/monitor.h"
#include "index/build_options.h"
#include "index/description.h"
#include "index/descriptor.h"
#include "index/parameters.h"
#include "index/validated_rows.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::index {

class Searcher;

// The arguments of a build, besides the rows.
struct KindBuild {
  const Parameters& parameters;
  const std::string& metadata;  // JSON text, stored unchanged
  const BuildOptions& options;
  double recall;                        // default target of searches
  std::span<const float> queries = {};  // calibration queries, one after the other; empty: rows are used
};

// What a plan knows of a build: everything but the rows.
struct PlannedBuild {
  std::size_t rows = 0, dims = 0;
  metric::Metric metric = metric::Metric::cosine;
  Element element = Element::f32;
  double recall = 0;  // default target of searches
};

struct IndexKind {
  std::uint32_t number = 0;  // identifies the kind in files; never reused
  std::string_view name;
  // Opens an index. Throws CorruptFileError if the sections of the kind contradict each other.
  std::unique_ptr<const Searcher> (*open)(const storage::File& file, const Descriptor& descriptor);
  // Writes everything except keys and calibration.
  void (*write)(storage::Writer& writer, const ValidatedRows& rows, const KindBuild& build, const Monitor& monitor);
  // Returns true if the file is complete without vectors; null for kinds that always keep vectors.
  bool (*may_lack_vectors)(const storage::File& file) = nullptr;
  // Returns the sizes of a build that its cost depends on, for na.plan(): sample rows, clusters and the like.
  Description (*planned)(const PlannedBuild& build, const Parameters& parameters) = nullptr;
};

// Registers a kind from outside of this library. Throws InvalidInputError if the number or the name is taken. Not
// thread-safe.
void register_kind(const IndexKind& kind);

// Returns the names of all kinds, in order of registration.
std::vector<std::string> kind_names();
// Returns the kind of this number, or null.
const IndexKind* find_kind(std::uint64_t number);
// Returns the kind of this name. Throws InvalidInputError if there is none.
const IndexKind& kind_named(std::string_view name);

}  // namespace nearabout::index

// What the parameters of an index are chosen for: a family of processors, and searches in batches or one by one.
//
// Each kind has its own constants for a family (core/index/<kind>/costs.h). They were measured, never during a build:
// the same data, parameters and family give the same file on any machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nearabout::index {

struct Family {
  std::uint64_t number;  // in files; never reused
  std::string_view name;
};

std::span<const Family> families();
// Returns a family. Throws InvalidInputError with the names of all.
const Family& family_named(std::string_view name);
// Returns the family of this number, or null.
const Family* find_family(std::uint64_t number);
// Returns the family of this machine.
const Family& machine_family();

// The numbers are part of the file format.
enum class Workload : std::uint64_t { both = 0, batch = 1, single = 2 };
// Returns the workload. Throws InvalidInputError.
Workload workload_named(std::string_view name);
std::string_view name_of(Workload workload);

struct Tuning {
  const Family* family = &families().front();
  Workload workload = Workload::both;

  bool is_default() const { return family == &families().front() && workload == Workload::both; }
};

}  // namespace nearabout::index

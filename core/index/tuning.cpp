#include "index/tuning.h"

#include <string>

#include "base/cpu.h"
#include "base/error.h"

namespace nearabout::index {
namespace {

constexpr Family kFamilies[] = {{1, "generic"}, {2, "avx2"}, {3, "amx"}};
constexpr Workload kWorkloads[] = {Workload::both, Workload::batch, Workload::single};

void add(std::string& names, std::string_view name) {
  names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family& family_named(std::string_view name) {
  std::string names;
  for (const Family& family : kFamilies) {
    if (family.name == name) return family;
    add(names, family.name);
  }
  throw InvalidInputError("family is \"" + std::string(name) + "\"; pass one of " + names);
}

const Family* find_family(std::uint64_t number) {
  for (const Family& family : kFamilies)
    if (family.number == number) return &family;
  return nullptr;
}

const Family& machine_family() {
  const CpuFeatures& cpu = cpu_features();
  if (cpu.amx) return family_named("amx");
  if (cpu.avx2 && !cpu.avx512) return family_named("avx2");
  return family_named("generic");
}

Workload workload_named(std::string_view name) {
  std::string names;
  for (const Workload workload : kWorkloads) {
    if (name_of(workload) == name) return workload;
    add(names, name_of(workload));
  }
  throw InvalidInputError("workload is \"" + std::string(name) + "\"; pass one of " + names);
}

std::string_view name_of(Workload workload) {
  switch (workload) {
    case Workload::batch:
      return "batch";
    case Workload::single:
      return "single";
    case Workload::both:
      return "both";
  }
  return "both";
}

}  // namespace nearabout::index

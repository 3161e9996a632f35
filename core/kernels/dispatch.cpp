#include <cstdlib>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "base/error.h"
#include "kernels/kernel_sets.h"

namespace nearabout::kernels {
namespace {

#if defined(NEARABOUT_HAS_AVX512_VBMI) && defined(NEARABOUT_HAS_AMX)
Table with_amx(Table others) {
  amx::dots_of_few = others.screen.panel_dots;
  amx::scan_few = others.codes.scan_bytes;
  others.name = "amx";
  others.screen.panel_dots = amx::kernels.panel_dots;
  others.screen.narrow_panel_dots = amx::kernels.panel_dots;
  others.codes.scan_bytes = amx::kernels.scan_bytes;
  others.codes.shared = kMatrixQueries;
  others.matrix.hits = amx::kernels.hits;
  return others;
}
#endif

// Returns the tables in order of preference, best last; docs/explanation/dispatch.md has the measurements behind the
// order.
std::vector<const Table*> find_tables() {
  [[maybe_unused]] const CpuFeatures& cpu = cpu_features();
  std::vector<const Table*> tables = {&scalar::table};
#if defined(NEARABOUT_HAS_NEON)
  if (cpu.neon) tables.push_back(&neon::table);
#endif
#if defined(NEARABOUT_HAS_NEON_DOT)
  if (cpu.dot_product) tables.push_back(&neon_dot::table);
#endif
#if defined(NEARABOUT_HAS_NEON_I8MM)
  if (cpu.mixed_products) tables.push_back(&neon_i8mm::table);
#endif
#if defined(NEARABOUT_HAS_AVX2)
  if (cpu.avx2) tables.push_back(&avx2::table);
#endif
#if defined(NEARABOUT_HAS_AVX512)
  if (cpu.avx512) tables.push_back(&avx512::table);
#endif
#if defined(NEARABOUT_HAS_AVX512_VBMI)
  if (cpu.avx512_vbmi) tables.push_back(&avx512_vbmi::table);
#endif
#if defined(NEARABOUT_HAS_AVX512_VBMI) && defined(NEARABOUT_HAS_AMX)
  static const Table amx_table = with_amx(avx512_vbmi::table);
  if (cpu.amx) tables.push_back(&amx_table);
#endif
  return tables;
}

}  // namespace

TableList available_tables() {
  static const auto& tables = *new std::vector<const Table*>(find_tables());  // for threads that outlive main()
  return {tables.data(), tables.size()};
}

const Table& choose_table(const char* forced) {
  const TableList tables = available_tables();
  if (forced == nullptr || *forced == '\0') return **(tables.end() - 1);
  std::string names;
  for (const Table* candidate : tables) {
    if (std::string(forced) == candidate->name) return *candidate;
    names += names.empty() ? "" : ", ";
    names += candidate->name;
  }
  throw InvalidInputError("NEARABOUT_ISA is \"" + std::string(forced) +
                          "\", which this processor or this build does not support. It can be one of: " + names +
                          ". Unset it to use the best of them.");
}

const Table& table() {
  static const Table& chosen = choose_table(std::getenv("NEARABOUT_ISA"));
  return chosen;
}

}  // namespace nearabout::kernels

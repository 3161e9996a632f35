// The table that NEARABOUT_ISA names is used; a wrong name is rejected with the list of valid names.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/cpu.h"
#include "base/error.h"
#include "check.h"
#include "kernels/kernel_sets.h"

using namespace nearabout;
using nearabout::kernels::Table;

namespace {

// Returns every kernel of a table, as one list of addresses.
std::string kernels_of(const Table& table) {
  return std::string(reinterpret_cast<const char*>(&table) + offsetof(Table, f32),
                     sizeof(Table) - offsetof(Table, f32));
}

TEST(forced_name_chooses_its_table) {
  const kernels::TableList tables = kernels::available_tables();
  CHECK(tables.count >= 1);
  CHECK_EQUAL(std::strcmp((*tables.begin())->name, "scalar"), 0);
  for (const Table* forced : tables) {
    CHECK_EQUAL(&kernels::choose_table(forced->name), forced);
    for (const Table* other : tables) {
      CHECK(forced == other || kernels_of(*forced) != kernels_of(*other));
      CHECK(forced == other || forced->matrix.hits != other->matrix.hits);
    }
  }
}

TEST(default) {
  const kernels::TableList tables = kernels::available_tables();
  CHECK_EQUAL(&kernels::choose_table(nullptr), *(tables.end() - 1));
  CHECK_EQUAL(&kernels::choose_table(""), *(tables.end() - 1));
}

TEST(unknown_name_is_refused) {
  CHECK_THROWS(kernels::choose_table("mmx"), InvalidInputError);
  CHECK_THROWS(kernels::choose_table("SCALAR"), InvalidInputError);
  try {
    kernels::choose_table("mmx");
  } catch (const InvalidInputError& error) {
    const std::string sentence = error.what();
    CHECK(sentence.find("\"mmx\"") != std::string::npos);
    for (const Table* table : kernels::available_tables()) CHECK(sentence.find(table->name) != std::string::npos);
  }
}

// Tables that the processor does not support are never offered.
TEST(features) {
  const CpuFeatures& cpu = cpu_features();
  CHECK(cpu.avx2 || !cpu.avx512);
  CHECK(cpu.avx512 || !cpu.avx512_vbmi);
  CHECK(cpu.avx512_vbmi || !cpu.amx);
  CHECK(cpu.neon || !cpu.dot_product);
  CHECK(cpu.dot_product || !cpu.mixed_products);
  for (const Table* table : kernels::available_tables()) {
    const std::string name = table->name;
    CHECK(name == "scalar" || (name == "avx2" && cpu.avx2) || (name == "avx512" && cpu.avx512) ||
          (name == "avx512_vbmi" && cpu.avx512_vbmi) || (name == "amx" && cpu.amx) || (name == "neon" && cpu.neon) ||
          (name == "neon_dot" && cpu.dot_product) || (name == "neon_i8mm" && cpu.mixed_products));
  }
}

// scripts/test-isa runs this program with each name.
TEST(environment) {
  const char* forced = std::getenv("NEARABOUT_ISA");
  if (forced == nullptr || *forced == '\0') {
    CHECK_EQUAL(&kernels::table(), &kernels::choose_table(nullptr));
  } else {
    CHECK_EQUAL(std::strcmp(kernels::table().name, forced), 0);
  }
  std::printf("kernels in use: %s\n", kernels::table().name);
}

}  // namespace

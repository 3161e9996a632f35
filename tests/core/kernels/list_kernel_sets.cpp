// Prints the names that NEARABOUT_ISA may have on this machine, one per line.
#include <cstdio>

#include "kernels/kernel_sets.h"

int main() {
  for (const nearabout::kernels::Table* table : nearabout::kernels::available_tables())
    std::printf("%s\n", table->name);
  return 0;
}

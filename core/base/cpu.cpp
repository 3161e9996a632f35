#include "base/cpu.h"

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#define NEARABOUT_CPU_X86 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__) || defined(_M_ARM64)
#define NEARABOUT_CPU_ARM 1
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif
#endif

namespace nearabout {
namespace {

#if defined(NEARABOUT_CPU_X86)

struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(std::uint32_t leaf) {
  Registers found;
#if defined(_MSC_VER)
  int values[4];
  __cpuidex(values, 0, 0);
  if (static_cast<std::uint32_t>(values[0]) < leaf) return found;
  __cpuidex(values, static_cast<int>(leaf), 0);
  found = {static_cast<std::uint32_t>(values[0]), static_cast<std::uint32_t>(values[1]),
           static_cast<std::uint32_t>(values[2]), static_cast<std::uint32_t>(values[3])};
#else
  __get_cpuid_count(leaf, 0, &found.eax, &found.ebx, &found.ecx, &found.edx);
#endif
  return found;
}

// Returns XCR0: the register sets that the operating system saves when it switches threads.
std::uint64_t saved_state() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
#endif
}

constexpr bool all(std::uint64_t value, std::uint64_t mask) { return (value & mask) == mask; }
constexpr std::uint32_t bit(int number) { return std::uint32_t{1} << number; }

// Asks the operating system for tile registers: Linux gives their state to processes that ask for it, once for all of
// their threads. Nothing is known of other systems.
bool may_use_tiles() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

// Detects the features. Bit numbers: Intel SDM volume 2, CPUID, leaves 1 and 7; volume 1, section 13.3 for XCR0. The
// operating system is queried as well as the processor: a kernel or hypervisor that does not save the wide registers
// would let threads overwrite each other's. (Intel Macs give AVX-512 state only to threads that have used it, so they
// run the AVX2 kernels here.)
CpuFeatures detect() {
  constexpr std::uint32_t kFma = bit(12), kOsSavesState = bit(27), kAvx = bit(28), kF16c = bit(29);
  constexpr std::uint32_t kAvx2 = bit(5), kF = bit(16), kDq = bit(17), kBw = bit(30), kVl = bit(31);
  constexpr std::uint32_t kVbmi = bit(1), kVnni = bit(11), kCountsBits = bit(14);
  constexpr std::uint32_t kAmxTile = bit(24), kAmxInt8 = bit(25);
  constexpr std::uint64_t kSavesAvx = 0x06, kSavesAvx512 = 0xe6, kSavesTiles = 0x60000;
  CpuFeatures features;
  const Registers basic = cpuid(1);
  if (!all(basic.ecx, kFma | kOsSavesState | kAvx | kF16c)) return features;
  const std::uint64_t saved = saved_state();
  const Registers extended = cpuid(7);
  features.avx2 = all(saved, kSavesAvx) && all(extended.ebx, kAvx2);
  features.avx512 =
      features.avx2 && all(saved, kSavesAvx512) && all(extended.ebx, kF | kDq | kBw | kVl) && all(extended.ecx, kVnni);
  features.avx512_vbmi = features.avx512 && all(extended.ecx, kVbmi | kCountsBits);
  features.amx =
      features.avx512_vbmi && all(saved, kSavesTiles) && all(extended.edx, kAmxTile | kAmxInt8) && may_use_tiles();
  return features;
}

#elif defined(NEARABOUT_CPU_ARM)

CpuFeatures detect() {
  CpuFeatures features;
  features.neon = true;
#if defined(__APPLE__)
  features.dot_product = true;  // every 64-bit Mac has it
  int has = 0;
  std::size_t size = sizeof has;
  features.mixed_products = sysctlbyname("hw.optional.arm.FEAT_I8MM", &has, &size, nullptr, 0) == 0 && has == 1;
#elif defined(__linux__)
  constexpr unsigned long kHardwareDotProduct = 1ul << 20;     // HWCAP_ASIMDDP
  constexpr unsigned long kHardwareMixedProducts = 1ul << 13;  // HWCAP2_I8MM
  features.dot_product = (getauxval(AT_HWCAP) & kHardwareDotProduct) != 0;
  features.mixed_products = features.dot_product && (getauxval(AT_HWCAP2) & kHardwareMixedProducts) != 0;
#elif defined(_WIN32)
  constexpr DWORD kFeatureDotProduct = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE, missing from older headers
  features.dot_product = IsProcessorFeaturePresent(kFeatureDotProduct) != 0;
#endif
  return features;
}

#else

CpuFeatures detect() { return {}; }

#endif

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

}  // namespace nearabout

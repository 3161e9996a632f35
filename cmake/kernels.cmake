# One source file per instruction set, with its own compiler flags: those flags are given to no other file, so that nothing
# outside these files runs an instruction that the processor may lack. What the compiler cannot build is left out.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

list(LENGTH CMAKE_OSX_ARCHITECTURES nearabout_architectures)
if(nearabout_architectures GREATER 1)
  message(FATAL_ERROR "CMAKE_OSX_ARCHITECTURES is ${CMAKE_OSX_ARCHITECTURES}: the kernels are compiled for one architecture "
                      "at a time. Build each on its own and join the results with lipo.")
endif()

# Asked of the compiler: CMAKE_SYSTEM_PROCESSOR names the host where a Mac builds for the other architecture.
check_cxx_source_compiles("
#if !defined(__x86_64__) && !defined(_M_X64)
#error
#endif
int main() {}" NEARABOUT_X86_64)
check_cxx_source_compiles("
#if !defined(__aarch64__) && !defined(_M_ARM64)
#error
#endif
int main() {}" NEARABOUT_AARCH64)

# A product and a sum each round for themselves unless the text asks for a fused one: equal bits on every instruction set.
if(NOT MSVC)
  set(nearabout_kernel_flags -ffp-contract=off)
endif()
# GCC's AVX-512 header sets undefined registers from themselves, which GCC 12 then warns of (GCC bug 105593).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND nearabout_kernel_flags -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

function(nearabout_kernels name source)
  string(TOUPPER ${name} upper)
  set(flags ${ARGN})
  string(REPLACE ";" " " joined "${flags}")
  if(joined)
    check_cxx_compiler_flag("${joined}" NEARABOUT_COMPILES_${upper})
    if(NOT NEARABOUT_COMPILES_${upper})
      message(STATUS "Nearabout: this compiler has no ${joined}: built without the ${name} kernels")
      return()
    endif()
  endif()
  set(path ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  target_sources(nearabout_core PRIVATE ${path})
  set_source_files_properties(${path} TARGET_DIRECTORY nearabout_core
                              PROPERTIES COMPILE_OPTIONS "${nearabout_kernel_flags};${flags}")
  set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/dispatch.cpp TARGET_DIRECTORY nearabout_core
               APPEND PROPERTY COMPILE_DEFINITIONS NEARABOUT_HAS_${upper})
endfunction()

# The project's warning level, for its own targets only (never for what they include from elsewhere).
option(NEARABOUT_WERROR "Treat warnings as errors" OFF)

function(nearabout_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${NEARABOUT_WERROR}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                             $<$<BOOL:${NEARABOUT_WERROR}>:-Werror>)
  endif()
endfunction()

# NEARABOUT_SANITIZE=address,undefined or thread, for the core, its tests and the Python module alike.
function(nearabout_sanitize target)
  if(NEARABOUT_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${NEARABOUT_SANITIZE} -fno-sanitize-recover=all
                                            -fno-omit-frame-pointer -g)
    target_link_options(${target} PUBLIC -fsanitize=${NEARABOUT_SANITIZE})
  endif()
endfunction()

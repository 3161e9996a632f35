# Finds nanobind and works on a copy of it in the build folder. pip builds each time in a new environment under another
# name, and a compile command that names it is another command: all of the bindings would be compiled again. The copy
# keeps its place, and a file in it that has not changed keeps its time. A newer nanobind gets a folder of its own.
execute_process(COMMAND ${Python_EXECUTABLE} -c "import nanobind; print(nanobind.__version__, nanobind.__path__[0])"
                OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE found RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${Python_EXECUTABLE} has no nanobind: pip install nanobind")
endif()
string(REGEX MATCH "^([^ ]+) (.+)$" found "${found}")
set(nearabout_nanobind ${PROJECT_BINARY_DIR}/nanobind-${CMAKE_MATCH_1})
file(TO_CMAKE_PATH "${CMAKE_MATCH_2}" from)
foreach(part cmake include src ext)
  file(GLOB_RECURSE files RELATIVE ${from} ${from}/${part}/*)
  list(FILTER files EXCLUDE REGEX "__pycache__")
  foreach(file IN LISTS files)
    get_filename_component(folder ${nearabout_nanobind}/${file} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    file(COPY_FILE ${from}/${file} ${nearabout_nanobind}/${file} ONLY_IF_DIFFERENT)
  endforeach()
endforeach()
set(nanobind_DIR ${nearabout_nanobind}/cmake CACHE PATH "" FORCE)
find_package(nanobind CONFIG REQUIRED)

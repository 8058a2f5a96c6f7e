# Draws a line, compiles what a device holds of it, measures that, and compares what it decides on arm64 and here.
include("${CMAKE_CURRENT_LIST_DIR}/../support/run.cmake")

set(flags -std=c++20 -Os -fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
          -Werror ${definitions} -I "${include}" -I "${source}" -I "${work}")

# The object's own text, with its constants and unwind tables, before a linker drops anything: what the C library adds is
# the C library's, and differs between them. So are the symbols that are asked for: string functions and mathematics,
# and no memory.
function(measure name compiler size nm)
  run("${compiler}" ${flags} -c "${source}/device.cpp" -o ${name}.o)
  run("${size}" ${name}.o)
  string(REGEX MATCH "\n *([0-9]+)" _ "${output}")
  if(NOT CMAKE_MATCH_1 OR CMAKE_MATCH_1 GREATER limit)
    message(FATAL_ERROR "${name}: more than ${limit} bytes of text:\n${output}")
  endif()
  message(STATUS "${name}: ${CMAKE_MATCH_1} bytes of text")
  run("${nm}" -u ${name}.o)
  string(REGEX MATCHALL "[^ \n]+" symbols "${output}")
  list(REMOVE_ITEM symbols U ceil erfc exp log memcpy memmove memset)
  if(symbols)
    message(FATAL_ERROR "${name}: asks for ${symbols}")
  endif()
endfunction()

file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")
if(arguments MATCHES "maps[.]npy")
  run("${compiler}" -std=c++20 -I "${include}" "${source}/normal_maps.cpp" -o normal_maps)
  execute_process(COMMAND "${work}/normal_maps" OUTPUT_FILE "${work}/maps.npy" COMMAND_ERROR_IS_FATAL ANY)
endif()
run("${program}" ${arguments})
run("${program}" export --cpp line.json -o line.hpp)

measure(here "${compiler}" "${size}" "${nm}")
run("${compiler}" ${flags} "${source}/main.cpp" here.o -o here)
execute_process(COMMAND "${work}/here" OUTPUT_FILE "${work}/decisions" COMMAND_ERROR_IS_FATAL ANY)
file(SIZE "${work}/decisions" bytes)
if(bytes LESS 10000)
  message(FATAL_ERROR "there is little to compare: ${bytes} bytes")
endif()
run("${work}/here" decisions)

# Static, so that qemu needs no arm64 system. Contracted, as arm64's g++ does unasked.
if(arm64_compiler AND arm64_size AND arm64_nm)
  measure(arm64 "${arm64_compiler}" "${arm64_size}" "${arm64_nm}")
  if(qemu)
    run("${arm64_compiler}" ${flags} -static "${source}/main.cpp" arm64.o -o arm64)
    run("${qemu}" ./arm64 decisions)
    message(STATUS "arm64: ${output}")
  endif()
endif()

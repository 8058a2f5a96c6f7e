# Is the object of floats.cpp free of arithmetic in double? And is that seen where it is not?
include("${CMAKE_CURRENT_LIST_DIR}/../support/run.cmake")

file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")

function(doubles name compiler objdump pattern)
  foreach(definition -DDEVICE_NARROW -DDEVICE_WIDENS)
    run("${compiler}" -std=c++20 -Os -fno-exceptions -fno-rtti -Wdouble-promotion ${definition} -I "${include}" -c
        "${source}/floats.cpp" -o ${name}.o)
    run("${objdump}" -d --no-show-raw-insn ${name}.o)
    string(REGEX MATCHALL "${pattern}" found "${output}")
    if(definition STREQUAL -DDEVICE_NARROW AND found)
      message(FATAL_ERROR "${name}: computes in double: ${found}")
    elseif(definition STREQUAL -DDEVICE_WIDENS AND NOT found)
      message(FATAL_ERROR "${name}: a comparison in double was not seen")
    endif()
  endforeach()
  message(STATUS "${name}: floats alone")
endfunction()

doubles(here "${compiler}" "${objdump}" "${pattern}")
if(arm64_compiler AND arm64_objdump)
  # Eight bytes may be moved by a double's register: what computes in one is meant.
  doubles(arm64 "${arm64_compiler}" "${arm64_objdump}" "[\t ]f[a-z]+[\t ][^\n]*d[0-9]|[.]2d")
endif()

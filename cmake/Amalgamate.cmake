# One header of all of decide/ and what it takes of core/, for devices and for trying it out:
#   cmake -D include=include -D output=plimsoll_decide.hpp -P cmake/Amalgamate.cmake
get_filename_component(include "${include}" ABSOLUTE)
file(GLOB headers RELATIVE "${include}" "${include}/plimsoll/decide/*.hpp")
list(SORT headers)
set(text "#include \"plimsoll/version.hpp\"\n")
foreach(header IN LISTS headers)
  string(APPEND text "#include \"${header}\"\n")
endforeach()

# The first of the includes that are left stands before all that needs it: it is put there, and gone elsewhere.
while(text MATCHES "#include \"(plimsoll/[^\"]+)\"\n")
  set(header "${CMAKE_MATCH_1}")
  list(APPEND done "${header}")
  set(line "#include \"${header}\"\n")
  file(READ "${include}/${header}" content)
  string(REPLACE "// SPDX-License-Identifier: Apache-2.0\n" "" content "${content}")
  string(REPLACE "#pragma once\n" "" content "${content}")
  string(FIND "${text}" "${line}" begin)
  string(LENGTH "${line}" length)
  math(EXPR end "${begin} + ${length}")
  string(SUBSTRING "${text}" 0 ${begin} before)
  string(SUBSTRING "${text}" ${end} -1 after)
  set(text "${before}// ${header}\n${content}${after}")
  foreach(header IN LISTS done)
    string(REPLACE "#include \"${header}\"\n" "" text "${text}")
  endforeach()
endwhile()

string(REGEX MATCHALL "#include <[^>]+>\n" includes "${text}")
list(REMOVE_DUPLICATES includes)
list(SORT includes)
list(JOIN includes "" includes)
string(REGEX REPLACE "#include <[^>]+>\n" "" text "${text}")
string(REGEX REPLACE "\n\n\n+" "\n\n" text "${text}")
foreach(part IN ITEMS MAJOR MINOR PATCH)
  string(REGEX MATCH "PLIMSOLL_VERSION_${part} ([0-9]+)" _ "${text}")
  list(APPEND version "${CMAKE_MATCH_1}")
endforeach()
list(JOIN version "." version)
file(
  WRITE "${output}.new"
  "// SPDX-License-Identifier: Apache-2.0\n"
  "// plimsoll ${version}: what decides scores and score maps, in one header that needs the standard library alone.\n"
  "// Generated of include/plimsoll/decide and what it includes. Not beside those: take this or them.\n"
  "#pragma once\n\n"
  "#define PLIMSOLL_SINGLE_HEADER\n\n"
  "${includes}\n"
  "${text}")
file(RENAME "${output}.new" "${output}")

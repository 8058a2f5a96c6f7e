# The Python for which the package is built, as Python3::Interpreter and pybind11: that of Python3_EXECUTABLE, else the
# first python3 in PATH that has its headers and NumPy. The first of all may be one without them.
set(probe
    "import os, sys, sysconfig, numpy
assert os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h')), 'there is no Python.h'
print(sys.executable)")
if(Python3_EXECUTABLE)
  set(candidates "${Python3_EXECUTABLE}")
else()
  cmake_path(CONVERT "$ENV{PATH}" TO_CMAKE_PATH_LIST candidates)
  list(TRANSFORM candidates APPEND "/python3")
endif()
set(reasons "")
foreach(candidate IN LISTS candidates)
  if(NOT EXISTS "${candidate}")
    continue()
  endif()
  execute_process(
    COMMAND "${candidate}" -c "${probe}"
    OUTPUT_VARIABLE executable
    ERROR_VARIABLE reason
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE failed)
  if(NOT failed)
    set(Python3_EXECUTABLE "${executable}" CACHE FILEPATH "The Python for which the package is built")
    break()
  endif()
  string(REGEX REPLACE "^.*\n(.+)\n$" "\\1" reason "${reason}")
  string(APPEND reasons "\n  ${candidate}: ${reason}")
endforeach()
if(NOT executable)
  message(FATAL_ERROR "PLIMSOLL_BUILD_PYTHON needs a Python with its headers and NumPy, in Debian the packages python3-dev "
                      "and python3-numpy. Python3_EXECUTABLE names one; these are not:${reasons}")
endif()
# pybind11 takes the Python that was found before it.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 2.10 CONFIG REQUIRED)

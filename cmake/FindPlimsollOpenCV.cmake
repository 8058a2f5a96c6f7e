# OpenCV's core, imgproc and imgcodecs, as the target plimsoll::opencv. Debian's libopencv-imgcodecs-dev brings headers
# and libraries; OpenCV's own CMake configuration comes with all of OpenCV only, so without one they are looked for.
find_package(OpenCV 4.6 QUIET CONFIG COMPONENTS core imgproc imgcodecs)
include(FindPackageHandleStandardArgs)
if(OpenCV_FOUND)
  set(plimsoll_opencv_libraries opencv_imgcodecs opencv_imgproc opencv_core)
  find_package_handle_standard_args(PlimsollOpenCV REQUIRED_VARS plimsoll_opencv_libraries VERSION_VAR OpenCV_VERSION)
else()
  find_path(PLIMSOLL_OPENCV_INCLUDE_DIR opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4)
  set(plimsoll_opencv_libraries "")
  foreach(part IN ITEMS imgcodecs imgproc core)
    find_library(PLIMSOLL_OPENCV_${part} opencv_${part})
    mark_as_advanced(PLIMSOLL_OPENCV_${part})
    list(APPEND plimsoll_opencv_libraries "${PLIMSOLL_OPENCV_${part}}")
  endforeach()
  mark_as_advanced(PLIMSOLL_OPENCV_INCLUDE_DIR)
  find_package_handle_standard_args(
    PlimsollOpenCV
    REQUIRED_VARS PLIMSOLL_OPENCV_INCLUDE_DIR PLIMSOLL_OPENCV_imgcodecs PLIMSOLL_OPENCV_imgproc PLIMSOLL_OPENCV_core
    REASON_FAILURE_MESSAGE "in Debian it is the package libopencv-imgcodecs-dev, and PLIMSOLL_WITH_OPENCV=OFF does without images")
endif()
if(PlimsollOpenCV_FOUND AND NOT TARGET plimsoll::opencv)
  add_library(plimsoll::opencv INTERFACE IMPORTED)
  set_target_properties(plimsoll::opencv PROPERTIES INTERFACE_LINK_LIBRARIES "${plimsoll_opencv_libraries}")
  if(NOT OpenCV_FOUND)
    set_target_properties(plimsoll::opencv PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${PLIMSOLL_OPENCV_INCLUDE_DIR}")
  endif()
endif()

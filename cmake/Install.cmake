include(CMakePackageConfigHelpers)

set(targets plimsoll)
foreach(compiled IN ITEMS plimsoll_registry plimsoll_io)
  if(TARGET ${compiled})
    list(APPEND targets ${compiled})
  endif()
endforeach()
if(TARGET plimsoll_program)
  install(TARGETS plimsoll_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(TARGETS ${targets} EXPORT plimsollTargets FILE_SET HEADERS)
install(
  EXPORT plimsollTargets
  NAMESPACE plimsoll::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/plimsoll)

configure_package_config_file(cmake/plimsollConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/plimsollConfig.cmake"
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/plimsoll)
# Before 1.0 a new minor version may break its users.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/plimsollConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/plimsollConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/plimsollConfigVersion.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/plimsoll)
if(TARGET plimsoll_io AND PLIMSOLL_WITH_OPENCV)
  install(FILES cmake/FindPlimsollOpenCV.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/plimsoll)
endif()
install(FILES include/plimsoll/adapt/opencv.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/plimsoll/adapt)
if(TARGET plimsoll_single_header)
  install(FILES "${single_header}" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()

# For those who build by pkg-config. What the compiled part needs is listed, as it is a static library.
file(RELATIVE_PATH pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
set(pc_opencv "")
if(PLIMSOLL_WITH_OPENCV)
  set(pc_opencv " -lopencv_imgcodecs -lopencv_imgproc -lopencv_core")
endif()
configure_file(cmake/plimsoll.pc.in plimsoll.pc @ONLY)
set(pc_files "${CMAKE_CURRENT_BINARY_DIR}/plimsoll.pc")
if(TARGET plimsoll_io)
  configure_file(cmake/plimsoll-io.pc.in plimsoll-io.pc @ONLY)
  list(APPEND pc_files "${CMAKE_CURRENT_BINARY_DIR}/plimsoll-io.pc")
endif()
install(FILES ${pc_files} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# cpack in the build folder: a tarball, and a Debian package where dpkg is.
set(CPACK_PACKAGE_NAME plimsoll-dev)
set(CPACK_PACKAGE_VENDOR plimsoll)
set(CPACK_PACKAGE_CONTACT "The plimsoll authors <authors@plimsoll.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_RESOURCE_FILE_README "${CMAKE_CURRENT_SOURCE_DIR}/README.md")
set(CPACK_GENERATOR TGZ)
find_program(PLIMSOLL_DPKG dpkg)
mark_as_advanced(PLIMSOLL_DPKG)
if(PLIMSOLL_DPKG)
  list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-dev (>= 1.74), libeigen3-dev (>= 3.4), libfmt-dev (>= 9)")
if(PLIMSOLL_WITH_OPENCV)
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libopencv-imgcodecs-dev (>= 4.6)")
endif()
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_IGNORE_FILES "/\\.git/;/build/")
include(CPack)

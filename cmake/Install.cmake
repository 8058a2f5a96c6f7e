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
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

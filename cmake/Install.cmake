# What cmake --install puts in place: headers, libraries, what find_package and pkg-config read, and the command line.

file(RELATIVE_PATH PREFACTOR_LIBDIR_TO_PREFIX /${CMAKE_INSTALL_LIBDIR} /)
configure_file(cmake/prefactor.pc.in prefactor.pc @ONLY)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Prefactor)
configure_package_config_file(cmake/PrefactorConfig.cmake.in PrefactorConfig.cmake INSTALL_DESTINATION ${package})
# Before 1.0 a minor release may change the interface.
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file(PrefactorConfigVersion.cmake COMPATIBILITY ${compatibility})
install(FILES include/prefactor.h include/prefactor.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/prefactor.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/PrefactorConfig.cmake ${PROJECT_BINARY_DIR}/PrefactorConfigVersion.cmake
  DESTINATION ${package})
install(TARGETS prefactor_shared prefactor_static EXPORT PrefactorTargets)
install(EXPORT PrefactorTargets NAMESPACE Prefactor:: DESTINATION ${package})

# The command line has Swift's libraries in it, so that it needs no toolchain where it runs. SwiftPM takes minutes, so
# it is built when it is installed, unless it has been before: cmake --build build --target prefactor_command_line.
if(PREFACTOR_COMMAND_LINE)
  set(binary ${PREFACTOR_COMMAND_LINE})
  if(NOT IS_ABSOLUTE "${PREFACTOR_COMMAND_LINE}")
    find_program(PREFACTOR_SWIFT swift REQUIRED)
    set(scratch ${PROJECT_BINARY_DIR}/command-line)
    set(binary ${scratch}/release/prefactor)
    add_custom_target(prefactor_command_line
      COMMAND ${PREFACTOR_SWIFT} build -c release --static-swift-stdlib --product prefactor
        --package-path ${PROJECT_SOURCE_DIR} --scratch-path ${scratch}
      USES_TERMINAL VERBATIM)
    install(CODE
      "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${PROJECT_BINARY_DIR}\" --target prefactor_command_line
      COMMAND_ERROR_IS_FATAL ANY)" COMPONENT command-line)
  endif()
  install(PROGRAMS ${binary} RENAME prefactor DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command-line)
  # SwiftPM's is the folder of its own build.
  install(CODE
    "file(RPATH_REMOVE FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/prefactor\")"
    COMPONENT command-line)
endif()

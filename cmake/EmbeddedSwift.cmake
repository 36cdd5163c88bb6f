# Builds Embedded Swift modules with the toolchain's swiftc, and one library from them. CMake's own Swift support has no notion of
# embedded modules, of sealing objects, or of a bare-metal target that is linked for Linux.

find_program(PREFACTOR_SWIFTC swiftc REQUIRED)
find_program(PREFACTOR_LD NAMES ${PREFACTOR_BINUTILS_PREFIX}ld REQUIRED)
find_program(PREFACTOR_OBJCOPY NAMES ${PREFACTOR_BINUTILS_PREFIX}objcopy REQUIRED)

# Of Swift's toolchain: it reads #embed, which many a C compiler does not yet.
get_filename_component(PREFACTOR_SWIFT_FOLDER ${PREFACTOR_SWIFTC} REALPATH)
get_filename_component(PREFACTOR_SWIFT_FOLDER ${PREFACTOR_SWIFT_FOLDER} DIRECTORY)
find_program(PREFACTOR_CLANG clang HINTS ${PREFACTOR_SWIFT_FOLDER} NO_DEFAULT_PATH REQUIRED)

set(PREFACTOR_PROCESSOR ${CMAKE_SYSTEM_PROCESSOR})
set(PREFACTOR_SWIFT_FLAGS
  -enable-experimental-feature Embedded -no-allocations -wmo -parse-as-library -warnings-as-errors
  -Xcc -ffunction-sections -Xfrontend -function-sections ${PREFACTOR_SWIFT_TARGET_FLAGS}
  -I ${CMAKE_SOURCE_DIR}/include -I ${CMAKE_SOURCE_DIR}/Sources/CShims -I ${CMAKE_SOURCE_DIR}/Sources/KernelContract
  -I ${CMAKE_SOURCE_DIR}/Sources/OpenCL/Kernels
  -I ${CMAKE_BINARY_DIR})
if(PREFACTOR_FUZZ)
  list(APPEND PREFACTOR_SWIFT_FLAGS -sanitize=fuzzer -sanitize=address -g)
endif()

# prefactor_swift_module(NAME FOLDER FLAGS ... [IMPORTS ...] [SEAL symbol]): NAME.o from all Swift files of the folder.
function(prefactor_swift_module name folder)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "SEAL" "FLAGS;IMPORTS")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS FOLLOW_SYMLINKS ${CMAKE_SOURCE_DIR}/${folder}/*.swift)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/*.h ${CMAKE_SOURCE_DIR}/Sources/CShims/*.h
    ${CMAKE_SOURCE_DIR}/Sources/KernelContract/*.h ${CMAKE_SOURCE_DIR}/Sources/OpenCL/Kernels/*.h)
  list(TRANSFORM ARG_IMPORTS REPLACE "(.+)" "${CMAKE_BINARY_DIR}/\\1.swiftmodule")
  set(object ${CMAKE_BINARY_DIR}/${name}.o)
  set(seal)
  if(ARG_SEAL)
    set(seal COMMAND ${PREFACTOR_OBJCOPY} --keep-global-symbol=${ARG_SEAL} ${object})
  endif()
  add_custom_command(
    OUTPUT ${object} ${CMAKE_BINARY_DIR}/${name}.swiftmodule
    COMMAND ${PREFACTOR_SWIFTC} ${PREFACTOR_SWIFT_FLAGS} ${ARG_FLAGS} -module-name ${name}
      -emit-module -emit-module-path ${CMAKE_BINARY_DIR}/${name}.swiftmodule -c ${sources} -o ${object}
    ${seal}
    DEPENDS ${sources} ${ARG_IMPORTS} ${headers}
    COMMENT "Swift module ${name}" VERBATIM COMMAND_EXPAND_LISTS)
  set_property(GLOBAL APPEND PROPERTY PREFACTOR_OBJECTS ${object})
endfunction()

# prefactor_text(NAME source): NAME.o from a C file that is nothing but text, embedded from files of its folder.
function(prefactor_text name source)
  get_filename_component(folder ${CMAKE_SOURCE_DIR}/${source} DIRECTORY)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*)
  # The same processor as Swift's modules; what Swift passes on to its own Clang comes after -Xcc.
  set(flags ${PREFACTOR_SWIFT_TARGET_FLAGS})
  list(REMOVE_ITEM flags -Xcc)
  set(object ${CMAKE_BINARY_DIR}/${name}.o)
  add_custom_command(
    OUTPUT ${object} COMMAND ${PREFACTOR_CLANG} ${flags} -fPIC -O2 -Wall -Wno-c23-extensions -Wno-unused-command-line-argument -c
      ${CMAKE_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${files} COMMENT "Text of ${name}" VERBATIM COMMAND_EXPAND_LISTS)
  set_property(GLOBAL APPEND PROPERTY PREFACTOR_OBJECTS ${object})
endfunction()

# prefactor_libraries(NAME SYMBOLS file): libNAME.a and libNAME.so, which export the symbols listed in the file and no others.
function(prefactor_libraries name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "SYMBOLS" "")
  get_property(objects GLOBAL PROPERTY PREFACTOR_OBJECTS)
  set(whole ${CMAKE_BINARY_DIR}/${name}-whole.o)
  # Swift's own names become local; COMDAT groups have been resolved by ld -r, and would otherwise clash with those of other Swift code.
  add_custom_command(
    OUTPUT ${whole}
    COMMAND ${PREFACTOR_LD} -r --force-group-allocation ${objects} -o ${whole}
    COMMAND ${PREFACTOR_OBJCOPY} --keep-global-symbols=${CMAKE_SOURCE_DIR}/${ARG_SYMBOLS} ${whole}
    DEPENDS ${objects} ${CMAKE_SOURCE_DIR}/${ARG_SYMBOLS} VERBATIM)
  add_library(${name}_shared SHARED ${whole})
  add_library(${name}_static STATIC ${whole})
  set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set_target_properties(${name}_shared ${name}_static PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  set_target_properties(${name}_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME ${name})
  set_target_properties(${name}_static PROPERTIES EXPORT_NAME ${name}-static)
  target_link_options(${name}_shared PRIVATE -Wl,--gc-sections -Wl,-z,defs -Wl,-z,noexecstack)
  foreach(library ${name}_shared ${name}_static)
    target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PUBLIC m pthread ${CMAKE_DL_LIBS})
  endforeach()
  install(TARGETS ${name}_shared ${name}_static EXPORT PrefactorTargets)
  install(EXPORT PrefactorTargets NAMESPACE Prefactor:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Prefactor)
endfunction()

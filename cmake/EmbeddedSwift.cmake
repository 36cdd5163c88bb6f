# Builds Embedded Swift modules with the toolchain's swiftc, and one library from them. CMake's own Swift support has no
# notion of embedded modules, of sealing objects, or of a bare-metal target that is linked for Linux.

find_program(PREFACTOR_SWIFTC swiftc REQUIRED)
find_program(PREFACTOR_LD NAMES ${PREFACTOR_BINUTILS_PREFIX}ld REQUIRED)
find_program(PREFACTOR_OBJCOPY NAMES ${PREFACTOR_BINUTILS_PREFIX}objcopy REQUIRED)
find_program(PREFACTOR_READELF NAMES ${PREFACTOR_BINUTILS_PREFIX}readelf REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/OldGlibc.cmake)

# Of Swift's toolchain: it reads #embed, which many a C compiler does not yet.
get_filename_component(PREFACTOR_SWIFT_FOLDER ${PREFACTOR_SWIFTC} REALPATH)
get_filename_component(PREFACTOR_SWIFT_FOLDER ${PREFACTOR_SWIFT_FOLDER} DIRECTORY)
find_program(PREFACTOR_CLANG clang HINTS ${PREFACTOR_SWIFT_FOLDER} NO_DEFAULT_PATH REQUIRED)

set(PREFACTOR_SWIFT_FLAGS
  -enable-experimental-feature Embedded -no-allocations -package-name prefactor -wmo -parse-as-library
  -warnings-as-errors
  -Xcc -ffunction-sections -Xfrontend -function-sections ${PREFACTOR_SWIFT_TARGET_FLAGS}
  -I ${PROJECT_SOURCE_DIR}/include
  -I ${PROJECT_SOURCE_DIR}/Sources/CShims
  -I ${PROJECT_SOURCE_DIR}/Sources/KernelContract
  -I ${PROJECT_SOURCE_DIR}/Sources/OpenCL/Kernels
  -I ${PROJECT_BINARY_DIR})
if(PREFACTOR_FUZZ)
  list(APPEND PREFACTOR_SWIFT_FLAGS -sanitize=fuzzer,address -g)
endif()

# prefactor_swift_module(NAME FOLDER FLAGS ... [IMPORTS ...] [SEAL symbol] [EXCEPT pattern]): NAME.o from all Swift
# files of the folder, but for those whose paths match a regular expression.
function(prefactor_swift_module name folder)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "SEAL;EXCEPT" "FLAGS;IMPORTS")
  set(folder ${PROJECT_SOURCE_DIR}/${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS FOLLOW_SYMLINKS ${folder}/*.swift)
  if(ARG_EXCEPT)
    list(FILTER sources EXCLUDE REGEX ${ARG_EXCEPT})
  endif()
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/*.h ${PROJECT_SOURCE_DIR}/Sources/CShims/*.h
    ${PROJECT_SOURCE_DIR}/Sources/KernelContract/*.h ${PROJECT_SOURCE_DIR}/Sources/Kernels/*/*.h
    ${PROJECT_SOURCE_DIR}/Sources/OpenCL/Kernels/*.h)
  list(TRANSFORM ARG_IMPORTS REPLACE "(.+)" "${PROJECT_BINARY_DIR}/\\1.swiftmodule")
  set(object ${PROJECT_BINARY_DIR}/${name}.o)
  set(seal)
  if(ARG_SEAL)
    set(seal COMMAND ${PREFACTOR_OBJCOPY} --keep-global-symbol=${ARG_SEAL} ${object})
  endif()
  add_custom_command(
    OUTPUT ${object} ${PROJECT_BINARY_DIR}/${name}.swiftmodule
    COMMAND ${PREFACTOR_SWIFTC} ${PREFACTOR_SWIFT_FLAGS} ${ARG_FLAGS} -module-name ${name}
      -emit-module -emit-module-path ${PROJECT_BINARY_DIR}/${name}.swiftmodule -c ${sources} -o ${object}
    ${seal}
    DEPENDS ${sources} ${ARG_IMPORTS} ${headers}
    COMMENT "Swift module ${name}" VERBATIM COMMAND_EXPAND_LISTS)
  set_property(GLOBAL APPEND PROPERTY PREFACTOR_OBJECTS ${object})
endfunction()

# prefactor_c_object(NAME source DEPENDS ...): NAME.o from a C file, for the same processor as Swift's modules.
function(prefactor_c_object name source)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "" "DEPENDS")
  # What Swift passes on to its own Clang comes after -Xcc.
  set(flags ${PREFACTOR_SWIFT_TARGET_FLAGS})
  list(REMOVE_ITEM flags -Xcc)
  set(object ${PROJECT_BINARY_DIR}/${name}.o)
  add_custom_command(
    OUTPUT ${object} COMMAND ${PREFACTOR_CLANG} ${flags} -fPIC -O2 -ffunction-sections -Wall -Wno-c23-extensions
      -Wno-unused-command-line-argument -I ${PROJECT_SOURCE_DIR}/Sources/KernelContract -c ${source} -o ${object}
    DEPENDS ${source} ${ARG_DEPENDS} COMMENT "C object ${name}" VERBATIM COMMAND_EXPAND_LISTS)
  set_property(GLOBAL APPEND PROPERTY PREFACTOR_OBJECTS ${object})
endfunction()

# prefactor_text(NAME source): NAME.o from a C file that is nothing but text, embedded from files of its folder.
function(prefactor_text name source)
  get_filename_component(folder ${PROJECT_SOURCE_DIR}/${source} DIRECTORY)
  get_filename_component(source ${source} NAME)
  file(GLOB texts RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*.h ${folder}/*.cl ${folder}/*.c)
  set(copies)
  foreach(text ${texts})
    set(copy ${PROJECT_BINARY_DIR}/${name}/${text})
    add_custom_command(
      OUTPUT ${copy}
      COMMAND ${CMAKE_COMMAND} -DFROM=${folder}/${text} -DTO=${copy}
        -P ${PROJECT_SOURCE_DIR}/cmake/StripText.cmake
      DEPENDS ${folder}/${text} ${PROJECT_SOURCE_DIR}/cmake/StripText.cmake VERBATIM)
    list(APPEND copies ${copy})
  endforeach()
  prefactor_c_object(${name} ${PROJECT_BINARY_DIR}/${name}/${source} DEPENDS ${copies})
endfunction()

# prefactor_kernels([FLAG...]): the kernels of each instruction set, with these flags where they are for newer
# processors; an empty table where the build is to have none.
function(prefactor_kernels)
  foreach(set ${PREFACTOR_ALL_INSTRUCTION_SETS})
    set(folder ${PREFACTOR_${set}_FOLDER})
    set(flags -Ounchecked)
    if(NOT PREFACTOR_${set}_MARCH STREQUAL "default")
      list(APPEND flags -Xcc -march=${PREFACTOR_${set}_MARCH} ${ARGV})
    endif()
    if(set IN_LIST PREFACTOR_INSTRUCTION_SETS)
      prefactor_swift_module(Prefactor${folder} Sources/${folder} EXCEPT "[+]Reference.swift$" FLAGS ${flags}
        SEAL pf_kernels_${set})
    else()
      set(source ${PROJECT_BINARY_DIR}/no-kernels-${set}.c)
      file(CONFIGURE OUTPUT ${source} CONTENT
        "#include \"kernels.h\"\nvoid pf_kernels_${set}(pf_kernels *table) { *table = (pf_kernels){0}; }\n")
      prefactor_c_object(no-kernels-${set} ${source})
    endif()
  endforeach()
endfunction()

# prefactor_libraries(NAME SYMBOLS file): libNAME.a and libNAME.so, which export the symbols listed in the file and no
# others.
function(prefactor_libraries name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "SYMBOLS" "")
  set(symbols ${PROJECT_SOURCE_DIR}/${ARG_SYMBOLS})
  get_property(objects GLOBAL PROPERTY PREFACTOR_OBJECTS)
  set(whole ${PROJECT_BINARY_DIR}/${name}-whole.o)
  set(versioned ${PROJECT_BINARY_DIR}/${name}-shared.o)
  prefactor_old_glibc(old_glibc)
  # Swift's own names become local; COMDAT groups are resolved, and would otherwise clash with those of other Swift
  # code. Sections stay apart: one that several copies of a function share could not be collected as garbage for the
  # sake of one of them.
  add_custom_command(
    OUTPUT ${whole}
    COMMAND ${PREFACTOR_LD} -r --unique --force-group-allocation ${objects} -o ${whole}
    COMMAND ${PREFACTOR_OBJCOPY} --keep-global-symbols=${symbols} ${whole}
    DEPENDS ${objects} ${symbols} VERBATIM)
  add_custom_command(
    OUTPUT ${versioned} COMMAND ${PREFACTOR_OBJCOPY} --redefine-syms=${old_glibc} ${whole} ${versioned}
    DEPENDS ${whole} ${old_glibc} VERBATIM)

  # Before 1.0 a minor release may change the interface.
  set(interface ${PROJECT_VERSION_MAJOR})
  if(interface EQUAL 0)
    set(interface ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${symbols} ${PROJECT_SOURCE_DIR}/VERSION)
  file(STRINGS ${symbols} exported)
  list(JOIN exported "; " exported)
  string(TOUPPER ${name} node)
  set(script ${PROJECT_BINARY_DIR}/${name}.version)
  file(CONFIGURE OUTPUT ${script} CONTENT "${node}_${interface} { global: ${exported}; local: *; };\n")

  add_library(${name}_shared SHARED ${versioned})
  add_library(${name}_static STATIC ${whole})
  add_library(Prefactor::${name} ALIAS ${name}_shared)
  add_library(Prefactor::${name}-static ALIAS ${name}_static)
  set_source_files_properties(${whole} ${versioned} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set_target_properties(${name}_shared ${name}_static PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
  set_target_properties(${name}_shared PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${interface}
    EXPORT_NAME ${name}
    LINK_DEPENDS ${script})
  set_target_properties(${name}_static PROPERTIES EXPORT_NAME ${name}-static)
  target_link_options(${name}_shared PRIVATE
    -Wl,--gc-sections -Wl,-z,defs -Wl,-z,noexecstack -Wl,--version-script=${script})
  foreach(library ${name}_shared ${name}_static)
    target_include_directories(${library} INTERFACE
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  target_link_libraries(${name}_shared PRIVATE
    -Wl,--push-state,--no-as-needed ${PREFACTOR_OLD_GLIBC_LIBRARIES} -Wl,--pop-state
    m pthread ${CMAKE_DL_LIBS})
  target_link_libraries(${name}_static PUBLIC m pthread ${CMAKE_DL_LIBS})
endfunction()

# PREFACTOR_PROCESSOR, by one name of those that systems have for it; PREFACTOR_ALL_INSTRUCTION_SETS, those that there
# are kernels for; and of each of them PREFACTOR_name_FOLDER, of Sources, and PREFACTOR_name_MARCH.

set(PREFACTOR_PROCESSOR ${CMAKE_SYSTEM_PROCESSOR})
if(PREFACTOR_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(PREFACTOR_PROCESSOR x86_64)
elseif(PREFACTOR_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(PREFACTOR_PROCESSOR aarch64)
elseif(PREFACTOR_PROCESSOR MATCHES "^armv7")
  set(PREFACTOR_PROCESSOR armv7)
else()
  message(FATAL_ERROR
    "Prefactor does not run on '${CMAKE_SYSTEM_PROCESSOR}': x86_64, aarch64 and armv7 with NEON are what it knows")
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  message(FATAL_ERROR "Prefactor's library does not run on '${CMAKE_SYSTEM_NAME}', only on Linux")
endif()
if(CMAKE_CROSSCOMPILING AND NOT DEFINED PREFACTOR_SWIFT_TARGET_FLAGS)
  message(FATAL_ERROR "Swift has to be told the processor when cross-compiling: set PREFACTOR_SWIFT_TARGET_FLAGS, as "
    "the toolchain files ${CMAKE_CURRENT_LIST_DIR}/*-linux-*.cmake do, or include one of them")
endif()

set(list ${CMAKE_CURRENT_LIST_DIR}/../Sources/KernelContract/instruction_sets.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
file(READ ${list} entries)
string(REGEX MATCHALL "SET\\(${PREFACTOR_PROCESSOR}, [^\n\\]+" entries "${entries}")
set(PREFACTOR_ALL_INSTRUCTION_SETS)
foreach(entry ${entries})
  string(REGEX MATCH "SET\\([^,]+, ([^,]+), ([^,]+), ([^,]+)," entry "${entry}")
  list(APPEND PREFACTOR_ALL_INSTRUCTION_SETS ${CMAKE_MATCH_1})
  set(PREFACTOR_${CMAKE_MATCH_1}_FOLDER ${CMAKE_MATCH_2})
  set(PREFACTOR_${CMAKE_MATCH_1}_MARCH ${CMAKE_MATCH_3})
endforeach()

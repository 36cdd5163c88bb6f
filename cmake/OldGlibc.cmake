# prefactor_old_glibc(RESULT): a file for objcopy --redefine-syms that binds what glibc has given a newer version to the
# one before, and in PREFACTOR_OLD_GLIBC_LIBRARIES what else a program that uses that needs to be linked with. Empty
# without glibc.
#
# A linker takes the newest version of each function, so that a library that is built on one system would not load on an
# older one. What .symver does in assembly, a name with '@' and a version in the object does as well. A static library
# stays as it is: in libc.a there are no versions.

# The oldest that shared libraries load on: with 2.17 came clock_gettime, and on aarch64 glibc itself.
set(PREFACTOR_GLIBC 2.17)

function(prefactor_old_glibc result)
  set(names)
  set(libraries)
  foreach(library libc.so.6 libm.so.6)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${library}
      OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT IS_ABSOLUTE "${path}")
      continue()
    endif()
    execute_process(COMMAND ${PREFACTOR_READELF} --wide --dyn-syms ${path}
      OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[A-Za-z0-9_]+@@?GLIBC_[0-9.]+" versions "${symbols}")
    # The newest version of each name that is not too new; the default has two '@'.
    set(renewed)
    foreach(symbol ${versions})
      string(REGEX MATCH "^([A-Za-z0-9_]+)(@@?)GLIBC_([0-9.]+)$" all ${symbol})
      set(name ${CMAKE_MATCH_1})
      if(CMAKE_MATCH_3 VERSION_GREATER PREFACTOR_GLIBC)
        if(CMAKE_MATCH_2 STREQUAL "@@")
          list(APPEND renewed ${name})
        endif()
      elseif(NOT DEFINED best_${name} OR CMAKE_MATCH_3 VERSION_GREATER best_${name})
        set(best_${name} ${CMAKE_MATCH_3})
      endif()
    endforeach()
    foreach(name ${renewed})
      if(DEFINED best_${name})
        string(APPEND names "${name} ${name}@GLIBC_${best_${name}}\n")
      endif()
    endforeach()
  endforeach()
  # Where these functions were before glibc 2.34; what stands there since is not found by -l.
  foreach(library libpthread.so.0 libdl.so.2)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${library}
      OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(IS_ABSOLUTE "${path}" AND names)
      list(APPEND libraries ${path})
    endif()
  endforeach()
  set(file ${PROJECT_BINARY_DIR}/old-glibc.symbols)
  file(WRITE ${file}.new "${names}")
  file(COPY_FILE ${file}.new ${file} ONLY_IF_DIFFERENT)
  set(${result} ${file} PARENT_SCOPE)
  set(PREFACTOR_OLD_GLIBC_LIBRARIES ${libraries} PARENT_SCOPE)
endfunction()

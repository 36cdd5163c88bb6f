# Cross-compiles for aarch64 Linux with Debian's gcc-aarch64-linux-gnu and libc6-dev-arm64-cross. Swift has no SDK for
# it and needs none: Embedded Swift for bare metal, with glibc's headers, links like any object.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
find_program(PREFACTOR_CROSS_CXX aarch64-linux-gnu-g++)
set(CMAKE_CXX_COMPILER ${PREFACTOR_CROSS_CXX})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L /usr/aarch64-linux-gnu)
set(PREFACTOR_BINUTILS_PREFIX aarch64-linux-gnu-)
set(PREFACTOR_SWIFT_TARGET_FLAGS
  -target aarch64-none-none-elf -Xcc -isystem -Xcc /usr/aarch64-linux-gnu/include -Xcc -D__linux__ -Xcc -fPIC)

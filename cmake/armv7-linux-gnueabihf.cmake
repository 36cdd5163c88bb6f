# Cross-compiles for 32-bit ARM Linux, with Debian's gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross, as
# aarch64-linux-gnu.cmake does for the 64-bit one.
#
# `neon` runs on every processor that has NEON, from Cortex-A8 and A9 on. `neon-vfpv4` would leave those two out for a
# multiply-add that rounds once; it is no faster, and cannot take its factor from one lane of a register as `vmla` does.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
find_program(PREFACTOR_CROSS_CXX arm-linux-gnueabihf-g++)
set(CMAKE_CXX_COMPILER ${PREFACTOR_CROSS_CXX})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static -L /usr/arm-linux-gnueabihf)
set(PREFACTOR_BINUTILS_PREFIX arm-linux-gnueabihf-)
set(PREFACTOR_SWIFT_TARGET_FLAGS
  -target armv7-none-none-eabi -Xcc -mfpu=neon -Xcc -mfloat-abi=hard
  -Xcc -isystem -Xcc /usr/arm-linux-gnueabihf/include -Xcc -D__linux__ -Xcc -fPIC)

// What libFuzzer has for programs with a main function of their own, and for mutators.
#ifndef PREFACTOR_FUZZER_H
#define PREFACTOR_FUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*read)(const uint8_t *bytes, size_t count));
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t limit);

#endif

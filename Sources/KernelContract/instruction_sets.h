// The instruction sets that there are kernels for: the one list of them. Package.swift and CMake read its lines too.
#ifndef PREFACTOR_INSTRUCTION_SETS_H
#define PREFACTOR_INSTRUCTION_SETS_H

static inline int pf_has_any(void) { return 1; }

#if defined(__x86_64__)
static inline int pf_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static inline int pf_has_avx512(void) {
  return pf_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#define PF_ON_x86_64(...) __VA_ARGS__
#define PF_ON_aarch64(...)
#define PF_ON_armv7(...)
#elif defined(__aarch64__)
#define PF_ON_x86_64(...)
#define PF_ON_aarch64(...) __VA_ARGS__
#define PF_ON_armv7(...)
#elif defined(__arm__)
#define PF_ON_x86_64(...)
#define PF_ON_aarch64(...)
#define PF_ON_armv7(...) __VA_ARGS__
#endif

// SET(processor, name, folder of Sources, -march, what tells that this processor has it, its row of Target.all), best
// first. "default" is what the compiler takes without -march. The scalar reference is last on every processor.
#define PF_INSTRUCTION_SETS(SET) \
  SET(x86_64, avx512, KernelsAVX512, x86-64-v4, pf_has_avx512, "x86-64-v4") \
  SET(x86_64, avx2, KernelsAVX2, x86-64-v3, pf_has_avx2, "x86-64-v3") \
  SET(x86_64, baseline, KernelsBaseline, default, pf_has_any, "x86-64") \
  SET(aarch64, neon, KernelsBaseline, default, pf_has_any, "aarch64") \
  SET(armv7, neon, KernelsBaseline, default, pf_has_any, "armv7")

#endif

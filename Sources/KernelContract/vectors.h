// Operations on vectors of 4, 8 and 16 floats, one instruction each where the processor has it. Swift's own operators on SIMD types are
// loops over lanes until late in optimisation: too late to unroll a register tile and keep it in registers, and never for a square root.
#ifndef PREFACTOR_VECTORS_H
#define PREFACTOR_VECTORS_H

#include <stdint.h>

#define PF_VECTOR_FUNCTION static inline __attribute__((always_inline, overloadable))

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PF_MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define PF_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

#define PF_VECTOR_FUNCTIONS(lanes) \
  typedef float pf_float##lanes __attribute__((ext_vector_type(lanes))); \
  typedef uint32_t pf_uint##lanes __attribute__((ext_vector_type(lanes))); \
  typedef int32_t pf_int##lanes __attribute__((ext_vector_type(lanes))); \
  PF_VECTOR_FUNCTION pf_float##lanes pf_add(pf_float##lanes a, pf_float##lanes b) { return a + b; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_subtract(pf_float##lanes a, pf_float##lanes b) { return a - b; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_multiply(pf_float##lanes a, pf_float##lanes b) { return a * b; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_divide(pf_float##lanes a, pf_float##lanes b) { return a / b; } \
  /* a · b + c, rounded once where an instruction does that, and twice elsewhere. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_multiply_add(pf_float##lanes a, pf_float##lanes b, pf_float##lanes c) { \
    return PF_MULTIPLY_ADD(a, b, c); \
  } \
  /* a where either is NaN. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_maximum(pf_float##lanes a, pf_float##lanes b) { return a < b ? b : a; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_minimum(pf_float##lanes a, pf_float##lanes b) { return b < a ? b : a; } \
  /* Lanes of `yes` where a < b, of `no` elsewhere; likewise below. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_if_less( \
      pf_float##lanes a, pf_float##lanes b, pf_float##lanes yes, pf_float##lanes no) { return a < b ? yes : no; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_if_equal( \
      pf_float##lanes a, pf_float##lanes b, pf_float##lanes yes, pf_float##lanes no) { return a == b ? yes : no; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_magnitude(pf_float##lanes x) { return __builtin_elementwise_abs(x); } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_copy_sign(pf_float##lanes x, pf_float##lanes sign) { \
    return __builtin_elementwise_copysign(x, sign); \
  } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_square_root(pf_float##lanes x) { return __builtin_elementwise_sqrt(x); } \
  /* 2ⁿ of an integral n in -126 ... 127, which adding 1.5 · 2²³ leaves in the low bits; without meaning, but defined, for others. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_power_of_two(pf_float##lanes n) { \
    return (pf_float##lanes)(((pf_uint##lanes)(n + 0x1.8p23f) + 127) << 23); \
  } \
  /* x = m · 2ᵉ with m in √½ ..< √2, for x positive and normal. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_exponent(pf_float##lanes x) { \
    return __builtin_convertvector((pf_int##lanes)((pf_uint##lanes)x - 0x3f3504f3) >> 23, pf_float##lanes); \
  } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_mantissa(pf_float##lanes x) { \
    return (pf_float##lanes)((pf_uint##lanes)x - (((pf_uint##lanes)x - 0x3f3504f3) & 0xff800000)); \
  }

PF_VECTOR_FUNCTION float pf_multiply_add(float a, float b, float c) { return PF_MULTIPLY_ADD(a, b, c); }
// An IEEE half-precision number.
static inline float pf_widen(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
  // With its exponent in place a number is 2^-112 of what it should be, and a subnormal one becomes normal.
  union { uint32_t bits; float value; } number = {magnitude};
  number.value *= 0x1p112f;
  // Infinities and NaNs have the largest exponent of either format.
  if (magnitude >= 0x7c00u << 13) number.bits |= 0x7f800000;
  number.bits |= sign;
  return number.value;
}

// Asks for a cache line to be brought to the second-level cache; any address will do.
static inline void pf_prefetch(const float *address) { __builtin_prefetch(address, 0, 2); }

PF_VECTOR_FUNCTIONS(4)
PF_VECTOR_FUNCTIONS(8)
PF_VECTOR_FUNCTIONS(16)

#endif

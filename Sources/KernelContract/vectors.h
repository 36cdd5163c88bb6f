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
// Asks for a cache line to be brought to the second-level cache; any address will do.
static inline void pf_prefetch(const float *address) { __builtin_prefetch(address, 0, 2); }

PF_VECTOR_FUNCTIONS(4)
PF_VECTOR_FUNCTIONS(8)
PF_VECTOR_FUNCTIONS(16)

// IEEE half-precision numbers as floats, exactly.
#if defined(__F16C__) || defined(__aarch64__)
#define PF_WIDEN(lanes) \
  static inline __attribute__((always_inline)) pf_float##lanes pf_widen##lanes(const uint16_t *source) { \
    typedef _Float16 halves __attribute__((ext_vector_type(lanes))); \
    halves half; \
    __builtin_memcpy(&half, source, sizeof half); \
    return __builtin_convertvector(half, pf_float##lanes); \
  }
#else
// The exponent moves from bias 15 to 127. One of 31, for infinity and NaN, becomes 255; one of 0, for subnormals, gets an implicit
// leading one like any other, which is taken off again.
#define PF_WIDEN(lanes) \
  static inline __attribute__((always_inline)) pf_float##lanes pf_widen##lanes(const uint16_t *source) { \
    typedef uint16_t halves __attribute__((ext_vector_type(lanes))); \
    halves half; \
    __builtin_memcpy(&half, source, sizeof half); \
    pf_int##lanes bits = __builtin_convertvector(half, pf_int##lanes); \
    pf_int##lanes magnitude = (bits & 0x7fff) << 13; \
    pf_int##lanes normal = magnitude + (112 << 23) + (magnitude >= 31 << 23 ? (pf_int##lanes)(112 << 23) : (pf_int##lanes)0); \
    pf_float##lanes subnormal = (pf_float##lanes)(magnitude + (113 << 23)) - 0x1p-14f; \
    return (pf_float##lanes)((magnitude < 1 << 23 ? (pf_int##lanes)subnormal : normal) | (bits & 0x8000) << 16); \
  }
#endif

PF_WIDEN(4)
PF_WIDEN(8)
PF_WIDEN(16)

static inline float pf_widen(uint16_t half) {
  uint32_t magnitude = (half & 0x7fffu) << 13, bits;
  float result;
  if (magnitude < 1 << 23) {
    result = (float)(half & 0x7fff) * 0x1p-24f;
    __builtin_memcpy(&bits, &result, sizeof bits);
  } else {
    bits = magnitude + (magnitude >= 31u << 23 ? 224u << 23 : 112u << 23);
  }
  bits |= (half & 0x8000u) << 16;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

#endif

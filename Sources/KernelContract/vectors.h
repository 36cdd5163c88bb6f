// Operations on vectors of 4, 8 and 16 floats, one instruction each where the processor has it. Swift's own operators
// on SIMD types are loops over lanes until late in optimization: too late to unroll a register tile and keep it in
// registers, and never for a square root.
#ifndef PREFACTOR_VECTORS_H
#define PREFACTOR_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define PF_VECTOR_FUNCTION static inline __attribute__((always_inline, overloadable))

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PF_MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define PF_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

// ARM's instructions give NaN where either argument is, x86's the second argument: a here, which leaves b to be looked
// at.
#ifdef __ARM_NEON
#define PF_LARGER(a, b) __builtin_elementwise_maximum(a, b)
#define PF_SMALLER(a, b) __builtin_elementwise_minimum(a, b)
#else
#define PF_LARGER(a, b) (b == b ? pf_maximum(a, b) : b)
#define PF_SMALLER(a, b) (b == b ? pf_minimum(a, b) : b)
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
  /* One lane in all of them: on ARM no instruction of its own, but an operand of others. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_lane(pf_float##lanes a, int32_t lane) { return (pf_float##lanes)(a[lane]); } \
  /* a where either is NaN. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_maximum(pf_float##lanes a, pf_float##lanes b) { return a < b ? b : a; } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_minimum(pf_float##lanes a, pf_float##lanes b) { return b < a ? b : a; } \
  /* NaN where either is. */ \
  PF_VECTOR_FUNCTION pf_float##lanes pf_larger(pf_float##lanes a, pf_float##lanes b) { return PF_LARGER(a, b); } \
  PF_VECTOR_FUNCTION pf_float##lanes pf_smaller(pf_float##lanes a, pf_float##lanes b) { return PF_SMALLER(a, b); } \
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
  /* 2ⁿ of an integral n in -126 ... 127, which adding 1.5 · 2²³ leaves in the low bits; without meaning, but \
   * defined, for others. */ \
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
// The nearest IEEE half-precision number, of two the even one.
static inline uint16_t pf_narrow(float value) {
  uint32_t bits, sign;
  __builtin_memcpy(&bits, &value, 4);
  sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return sign | 0x7e00;
  if (bits >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24, as floats from 1/2 to 1 are: an addition rounds to those.
  if (bits < 0x38800000) {
    float magnitude;
    __builtin_memcpy(&magnitude, &bits, 4);
    magnitude += 0.5f;
    __builtin_memcpy(&bits, &magnitude, 4);
    return sign | (bits - 0x3f000000);
  }
  return sign | (bits - 0x38000000 + 0xfff + (bits >> 13 & 1)) >> 13;
}

// An IEEE half-precision number.
static inline float pf_widen(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
  // The exponent moves from bias 15 to 127. Infinities and NaNs have the largest of either format; a subnormal number
  // gets an implicit leading one like any other, which is taken off again: as a float it is normal, and no step on the
  // way there may be subnormal.
  union { uint32_t bits; float value; } number = {magnitude + (112u << 23)};
  if (magnitude >= 0x7c00u << 13) {
    number.bits = magnitude | 0x7f800000;
  } else if (magnitude < 1u << 23) {
    number.bits += 1u << 23;
    number.value -= 0x1p-14f;
  }
  number.bits |= sign;
  return number.value;
}

// The same address or offset, of which the compiler does not know what it is the sum of. Loads from such a base at such
// an offset take one instruction each; what the compiler makes of a tile's addresses otherwise is a chain of additions,
// for which an in-order processor waits.
PF_VECTOR_FUNCTION const void *pf_opaque(const void *address) { __asm__("" : "+r"(address)); return address; }
PF_VECTOR_FUNCTION ptrdiff_t pf_opaque(ptrdiff_t offset) { __asm__("" : "+r"(offset)); return offset; }
// Asks for a cache line to be brought to the second-level cache; any address will do.
static inline void pf_prefetch(const float *address) { __builtin_prefetch(address, 0, 2); }

PF_VECTOR_FUNCTIONS(4)
PF_VECTOR_FUNCTIONS(8)
PF_VECTOR_FUNCTIONS(16)

// x · 2ⁿ of an integral n of at most 150 in magnitude, rounded once.
#define PF_SCALE_FUNCTION(lanes) \
  PF_VECTOR_FUNCTION pf_float##lanes pf_scale(pf_float##lanes x, pf_float##lanes n) { \
    /* In two factors, so that subnormal results and overflow come out of the multiplication. */ \
    pf_float##lanes half = PF_MULTIPLY_ADD(n, (pf_float##lanes)0.5f, (pf_float##lanes)0x1.8p23f) - 0x1.8p23f; \
    return x * pf_power_of_two(half) * pf_power_of_two(n - half); \
  }
PF_SCALE_FUNCTION(4)
PF_SCALE_FUNCTION(8)
#ifdef __AVX512F__
PF_VECTOR_FUNCTION pf_float16 pf_scale(pf_float16 x, pf_float16 n) {
  return __builtin_ia32_scalefps512_mask(x, n, x, 0xffff, 4);
}
#else
PF_SCALE_FUNCTION(16)
#endif

// Lanes of two vectors: `zip` takes one of each in turn, from the first on (low) or from the middle on (high); the
// others take consecutive lanes of a followed by b, from lane 1 or 2 on, or from the last or the one before the last of
// a.
#define PF_LANE_FUNCTION(name, lanes, ...) \
  PF_VECTOR_FUNCTION pf_float##lanes name(pf_float##lanes a, pf_float##lanes b) { \
    return __builtin_shufflevector(a, b, __VA_ARGS__); \
  }
PF_LANE_FUNCTION(pf_zip_low, 4, 0, 4, 1, 5)
PF_LANE_FUNCTION(pf_zip_high, 4, 2, 6, 3, 7)
PF_LANE_FUNCTION(pf_from_1, 4, 1, 2, 3, 4)
PF_LANE_FUNCTION(pf_from_2, 4, 2, 3, 4, 5)
PF_LANE_FUNCTION(pf_from_last, 4, 3, 4, 5, 6)
PF_LANE_FUNCTION(pf_from_last_but_1, 4, 2, 3, 4, 5)
PF_LANE_FUNCTION(pf_zip_low, 8, 0, 8, 1, 9, 2, 10, 3, 11)
PF_LANE_FUNCTION(pf_zip_high, 8, 4, 12, 5, 13, 6, 14, 7, 15)
PF_LANE_FUNCTION(pf_from_1, 8, 1, 2, 3, 4, 5, 6, 7, 8)
PF_LANE_FUNCTION(pf_from_2, 8, 2, 3, 4, 5, 6, 7, 8, 9)
PF_LANE_FUNCTION(pf_from_last, 8, 7, 8, 9, 10, 11, 12, 13, 14)
PF_LANE_FUNCTION(pf_from_last_but_1, 8, 6, 7, 8, 9, 10, 11, 12, 13)
PF_LANE_FUNCTION(pf_zip_low, 16, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
PF_LANE_FUNCTION(pf_zip_high, 16, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
PF_LANE_FUNCTION(pf_from_1, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
PF_LANE_FUNCTION(pf_from_2, 16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
PF_LANE_FUNCTION(pf_from_last, 16, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
PF_LANE_FUNCTION(pf_from_last_but_1, 16, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)

// The first `count` lanes from memory, the others `rest`, and to memory; nothing past them is touched. count is below
// the number of lanes. Without masks that is a loop, which is not worth a copy in each kernel.
#define PF_PARTIAL_FUNCTION static __attribute__((noinline, overloadable, unused))
#define PF_PARTIAL_FUNCTIONS(lanes) \
  PF_PARTIAL_FUNCTION pf_float##lanes pf_load_first(const float *from, int32_t count, pf_float##lanes rest) { \
    for (int32_t lane = 0; lane < count; lane++) rest[lane] = from[lane]; \
    return rest; \
  } \
  PF_PARTIAL_FUNCTION void pf_store_first(pf_float##lanes x, float *to, int32_t count) { \
    for (int32_t lane = 0; lane < count; lane++) to[lane] = x[lane]; \
  }
PF_PARTIAL_FUNCTIONS(4)
#ifdef __AVX512F__
PF_VECTOR_FUNCTION pf_float8 pf_load_first(const float *from, int32_t count, pf_float8 rest) {
  return __builtin_ia32_loadups256_mask((const pf_float8 *)from, rest, (uint8_t)((1u << count) - 1));
}
PF_VECTOR_FUNCTION void pf_store_first(pf_float8 x, float *to, int32_t count) {
  __builtin_ia32_storeups256_mask((pf_float8 *)to, x, (uint8_t)((1u << count) - 1));
}
PF_VECTOR_FUNCTION pf_float16 pf_load_first(const float *from, int32_t count, pf_float16 rest) {
  return __builtin_ia32_loadups512_mask(from, rest, (uint16_t)((1u << count) - 1));
}
PF_VECTOR_FUNCTION void pf_store_first(pf_float16 x, float *to, int32_t count) {
  __builtin_ia32_storeups512_mask(to, x, (uint16_t)((1u << count) - 1));
}
#elif defined(__AVX2__)
PF_VECTOR_FUNCTION pf_int8 pf_first(int32_t count) { return (pf_int8){0, 1, 2, 3, 4, 5, 6, 7} < count; }
PF_VECTOR_FUNCTION pf_float8 pf_load_first(const float *from, int32_t count, pf_float8 rest) {
  pf_int8 mask = pf_first(count);
  return mask ? __builtin_ia32_maskloadps256((const pf_float8 *)from, mask) : rest;
}
PF_VECTOR_FUNCTION void pf_store_first(pf_float8 x, float *to, int32_t count) {
  __builtin_ia32_maskstoreps256((pf_float8 *)to, pf_first(count), x);
}
PF_PARTIAL_FUNCTIONS(16)
#else
PF_PARTIAL_FUNCTIONS(8)
PF_PARTIAL_FUNCTIONS(16)
#endif

// The first, second and third four of a₀ b₀ c₀ a₁ b₁ c₁ ...
PF_VECTOR_FUNCTION pf_float4 pf_zip_three_first(pf_float4 a, pf_float4 b, pf_float4 c) {
  pf_float4 ab = __builtin_shufflevector(a, b, 0, 4, -1, 1);
  return __builtin_shufflevector(ab, c, 0, 1, 4, 3);
}
PF_VECTOR_FUNCTION pf_float4 pf_zip_three_second(pf_float4 a, pf_float4 b, pf_float4 c) {
  pf_float4 ab = __builtin_shufflevector(a, b, 5, -1, 2, 6);
  return __builtin_shufflevector(ab, c, 0, 5, 2, 3);
}
PF_VECTOR_FUNCTION pf_float4 pf_zip_three_third(pf_float4 a, pf_float4 b, pf_float4 c) {
  pf_float4 ab = __builtin_shufflevector(a, b, -1, 3, 7, -1);
  return __builtin_shufflevector(ab, c, 6, 1, 2, 7);
}

// Lane i is from[indices[i]]. `pf_spread` may be asked only where all indices are below both `count` and the number of
// lanes; it touches nothing past the first `count` floats.
#define PF_PICK(lanes) \
  PF_VECTOR_FUNCTION pf_float##lanes pf_pick(const float *from, pf_int##lanes indices) { \
    pf_float##lanes result; \
    for (int32_t lane = 0; lane < lanes; lane++) result[lane] = from[indices[lane]]; \
    return result; \
  }
PF_PICK(4)
PF_PICK(8)
PF_PICK(16)
PF_VECTOR_FUNCTION pf_float4 pf_spread(const float *from, int32_t count, pf_int4 indices) {
  return pf_pick(from, indices);
}
// Lane i is lane indices[i] of x.
PF_VECTOR_FUNCTION pf_float4 pf_permute(pf_float4 x, pf_int4 indices) {
  return (pf_float4){x[indices[0]], x[indices[1]], x[indices[2]], x[indices[3]]};
}
#ifdef __AVX512F__
PF_VECTOR_FUNCTION pf_float16 pf_permute(pf_float16 x, pf_int16 indices) {
  return __builtin_ia32_permvarsf512(x, indices);
}
PF_VECTOR_FUNCTION pf_float16 pf_spread(const float *from, int32_t count, pf_int16 indices) {
  return pf_permute(
      (pf_float16)__builtin_ia32_loadups512_mask(from, (pf_float16)0.0f, (uint16_t)((1u << count) - 1)), indices);
}
#endif
#ifdef __AVX2__
PF_VECTOR_FUNCTION pf_float8 pf_permute(pf_float8 x, pf_int8 indices) {
  return __builtin_ia32_permvarsf256(x, indices);
}
PF_VECTOR_FUNCTION pf_float8 pf_spread(const float *from, int32_t count, pf_int8 indices) {
  pf_int8 lanes = {0, 1, 2, 3, 4, 5, 6, 7};
  return pf_permute((pf_float8)__builtin_ia32_maskloadps256((const pf_float8 *)from, lanes < count), indices);
}
#endif

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
// The exponent moves from bias 15 to 127. One of 31, for infinity and NaN, becomes 255; one of 0, for subnormals, gets
// an implicit leading one like any other, which is taken off again.
#define PF_WIDEN(lanes) \
  static inline __attribute__((always_inline)) pf_float##lanes pf_widen##lanes(const uint16_t *source) { \
    typedef uint16_t halves __attribute__((ext_vector_type(lanes))); \
    halves half; \
    __builtin_memcpy(&half, source, sizeof half); \
    pf_int##lanes bits = __builtin_convertvector(half, pf_int##lanes); \
    pf_int##lanes magnitude = (bits & 0x7fff) << 13; \
    pf_int##lanes normal = \
        magnitude + (112 << 23) + (magnitude >= 31 << 23 ? (pf_int##lanes)(112 << 23) : (pf_int##lanes)0); \
    pf_float##lanes subnormal = (pf_float##lanes)(magnitude + (113 << 23)) - 0x1p-14f; \
    return (pf_float##lanes)((magnitude < 1 << 23 ? (pf_int##lanes)subnormal : normal) | (bits & 0x8000) << 16); \
  }
#endif

PF_WIDEN(4)
PF_WIDEN(8)
PF_WIDEN(16)

#endif

// Weighted sums of 8-bit pixels, exact to the last bit. A register of n 32-bit lanes has bytes of n/4 rows, 16 a row,
// or sums of as many pixels, one lane a channel; the fourth channel has no meaning.
//
// Weights are fixed-point numbers of PF_WEIGHT_BITS bits after the point, up to 1. Four of them are eight 16-bit
// numbers: their high parts, then their low parts of PF_WEIGHT_LOW bits. So x86's multiplication of pairs of 16-bit
// numbers and ARM's widening one give exact products. The parts have sums of their own; low sums may wrap, but high ·
// 2^PF_WEIGHT_LOW + low is below 2³¹ and is right.
#ifndef PREFACTOR_PIXELS_H
#define PREFACTOR_PIXELS_H

#include "vectors.h"

#define PF_WEIGHT_BITS 22
#define PF_WEIGHT_LOW 11

#define PF_PIXEL_FUNCTIONS(lanes) \
  typedef uint8_t pf_bytes##lanes __attribute__((ext_vector_type(4 * lanes))); \
  PF_VECTOR_FUNCTION pf_int##lanes pf_add(pf_int##lanes a, pf_int##lanes b) { return a + b; } \
  PF_VECTOR_FUNCTION pf_int##lanes pf_joined(pf_int##lanes high, pf_int##lanes low) { \
    return (high << PF_WEIGHT_LOW) + low; \
  } \
  /* Weights may round up to a little more than 1 together. */ \
  PF_VECTOR_FUNCTION pf_int##lanes pf_rounded_pixels(pf_int##lanes sums) { \
    return __builtin_elementwise_min((sums + (1 << (PF_WEIGHT_BITS - 1))) >> PF_WEIGHT_BITS, (pf_int##lanes)255); \
  } \
  PF_VECTOR_FUNCTION void pf_store_pixels(pf_int##lanes pixels, uint8_t *to) { \
    typedef uint8_t bytes __attribute__((ext_vector_type(lanes))); \
    bytes narrow = __builtin_convertvector(pixels, bytes); \
    __builtin_memcpy(to, &narrow, sizeof narrow); \
  }
PF_PIXEL_FUNCTIONS(4)
PF_PIXEL_FUNCTIONS(8)
PF_PIXEL_FUNCTIONS(16)

PF_VECTOR_FUNCTION pf_bytes4 pf_load_rows(const uint8_t *a) {
  pf_bytes4 bytes;
  __builtin_memcpy(&bytes, a, sizeof bytes);
  return bytes;
}
#define PF_INDICES_16(i) \
  i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9, i + 10, i + 11, i + 12, i + 13, i + 14, i + 15
#define PF_INDICES_32(i) PF_INDICES_16(i), PF_INDICES_16(i + 16)
PF_VECTOR_FUNCTION pf_bytes8 pf_load_rows(const uint8_t *a, const uint8_t *b) {
  return __builtin_shufflevector(pf_load_rows(a), pf_load_rows(b), PF_INDICES_32(0));
}
PF_VECTOR_FUNCTION pf_bytes16 pf_load_rows(const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d) {
  return __builtin_shufflevector(pf_load_rows(a, b), pf_load_rows(c, d), PF_INDICES_32(0), PF_INDICES_32(32));
}

#if !defined(__SSSE3__) && !defined(__aarch64__)
// The same pixels from byte i on, of which the compiler does not know that: it would join what follows to such a
// shuffle, to one that no instruction does.
#if defined(__SSE2__)
PF_VECTOR_FUNCTION pf_bytes4 pf_opaque(pf_bytes4 pixels) { __asm__("" : "+x"(pixels)); return pixels; }
#else
PF_VECTOR_FUNCTION pf_bytes4 pf_opaque(pf_bytes4 pixels) { __asm__("" : "+w"(pixels)); return pixels; }
#endif
#define PF_FROM(pixels, i) pf_opaque(__builtin_shufflevector(pixels, (pf_bytes4)0, PF_INDICES_16(i)))
#endif

// ---- Four pixels of each row times four weights

#if defined(__SSE2__)
// Two pixels of a row from byte i on, `step` bytes apart, as 16-bit numbers: those that are multiplied together lie
// beside each other.
#define PF_PAIRS(i, step, zero) \
  i, zero, i + step, zero, i + 1, zero, i + step + 1, zero, i + 2, zero, i + step + 2, zero, i + 3, zero, \
  i + step + 3, zero
#define PF_PAIRS_4(i, step) PF_PAIRS(i, step, 16)
#define PF_PAIRS_8(i, step) PF_PAIRS(i, step, 32), PF_PAIRS(i + 16, step, 32)
#define PF_PAIRS_16(i, step) \
  PF_PAIRS(i, step, 64), PF_PAIRS(i + 16, step, 64), PF_PAIRS(i + 32, step, 64), PF_PAIRS(i + 48, step, 64)

#ifdef __SSSE3__
#define PF_PAIRED(lanes, pixels, i, step) __builtin_shufflevector(pixels, (pf_bytes##lanes)0, PF_PAIRS_##lanes(i, step))
#else
// No instruction takes bytes from anywhere, and shifts and zips do better than what the compiler makes of such a
// shuffle.
typedef uint64_t pf_long2 __attribute__((ext_vector_type(2)));
PF_VECTOR_FUNCTION pf_bytes4 pf_zip_bytes(pf_bytes4 a, pf_bytes4 b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
PF_VECTOR_FUNCTION pf_bytes4 pf_paired(pf_bytes4 pixels, int step) {
  return pf_zip_bytes(pf_zip_bytes(pixels, (pf_bytes4)((pf_long2)pixels >> 8 * step)), (pf_bytes4)0);
}
#define PF_PAIRED(lanes, pixels, i, step) pf_paired(PF_FROM(pixels, i), step)
#endif

#define PF_ADD_PIXELS(name, step, lanes, multiply) \
  PF_VECTOR_FUNCTION pf_int##lanes name(pf_int##lanes sums, pf_bytes##lanes pixels, const int16_t *weights) { \
    typedef int16_t words __attribute__((ext_vector_type(2 * lanes))); \
    int32_t pairs[2]; \
    __builtin_memcpy(pairs, weights, sizeof pairs); \
    words first = (words)PF_PAIRED(lanes, pixels, 0, step), second = (words)PF_PAIRED(lanes, pixels, 2 * step, step); \
    sums += (pf_int##lanes)multiply(first, (words)(pf_int##lanes)pairs[0]); \
    return sums + (pf_int##lanes)multiply(second, (words)(pf_int##lanes)pairs[1]); \
  }
PF_ADD_PIXELS(pf_add_packed_pixels, 3, 4, __builtin_ia32_pmaddwd128)
PF_ADD_PIXELS(pf_add_spaced_pixels, 4, 4, __builtin_ia32_pmaddwd128)
#ifdef __AVX2__
PF_ADD_PIXELS(pf_add_packed_pixels, 3, 8, __builtin_ia32_pmaddwd256)
PF_ADD_PIXELS(pf_add_spaced_pixels, 4, 8, __builtin_ia32_pmaddwd256)
#endif
#ifdef __AVX512BW__
PF_ADD_PIXELS(pf_add_packed_pixels, 3, 16, __builtin_ia32_pmaddwd512)
PF_ADD_PIXELS(pf_add_spaced_pixels, 4, 16, __builtin_ia32_pmaddwd512)
#endif
#else
// A pixel from byte i on. Shuffles stay in vector registers on 32-bit ARM too, where taking bytes one by one goes by
// way of others.
#define PF_PIXEL(i) __builtin_convertvector(__builtin_shufflevector(pixels, pixels, i, i + 1, i + 2, i + 3), pf_int4)
#define PF_ADD_PIXELS(name, step) \
  PF_VECTOR_FUNCTION pf_int4 name(pf_int4 sums, pf_bytes4 pixels, const int16_t *weights) { \
    sums += PF_PIXEL(0) * weights[0]; \
    sums += PF_PIXEL(step) * weights[1]; \
    sums += PF_PIXEL(2 * step) * weights[2]; \
    return sums + PF_PIXEL(3 * step) * weights[3]; \
  }
PF_ADD_PIXELS(pf_add_packed_pixels, 3)
PF_ADD_PIXELS(pf_add_spaced_pixels, 4)
#endif

// ---- The same for gray, of which each of the four pixels has a lane: Pillow's "L", 19595 R + 38470 G + 7471 B, where
// half of 38470 fits 16 bits with a sign, as all other factors here do

#define PF_SAME_4 0, 1, 2, 3
#define PF_SAME_8 PF_SAME_4, PF_SAME_4
#define PF_SAME_16 PF_SAME_8, PF_SAME_8

// Bytes 3i to 3i + 3 are a lane: a pixel, and the next one's red.
#if defined(__SSSE3__) || defined(__aarch64__)
#define PF_PIXELS(i) \
  i, i + 1, i + 2, i + 3, i + 3, i + 4, i + 5, i + 6, i + 6, i + 7, i + 8, i + 9, i + 9, i + 10, i + 11, i + 12
#define PF_PIXELS_4 PF_PIXELS(0)
#define PF_PIXELS_8 PF_PIXELS_4, PF_PIXELS(16)
#define PF_PIXELS_16 PF_PIXELS_8, PF_PIXELS(32), PF_PIXELS(48)
#define PF_APART(lanes, pixels) ((pf_int##lanes)__builtin_shufflevector(pixels, pixels, PF_PIXELS_##lanes))
#else
PF_VECTOR_FUNCTION pf_int4 pf_zip_pixels(pf_bytes4 a, pf_bytes4 b) {
  return __builtin_shufflevector((pf_int4)a, (pf_int4)b, 0, 4, 1, 5);
}
#define PF_APART(lanes, pixels) \
  __builtin_shufflevector( \
      pf_zip_pixels(pixels, PF_FROM(pixels, 3)), pf_zip_pixels(PF_FROM(pixels, 6), PF_FROM(pixels, 9)), 0, 1, 4, 5)
#endif

#if defined(__SSE2__)
#define PF_ADD_GRAY_PIXELS(lanes, multiply) \
  PF_VECTOR_FUNCTION pf_int##lanes pf_add_gray_pixels( \
      pf_int##lanes sums, pf_bytes##lanes pixels, const int16_t *weights) { \
    typedef int16_t words __attribute__((ext_vector_type(2 * lanes))); \
    pf_int##lanes apart = PF_APART(lanes, pixels); \
    words red_blue = (words)(apart & 0xff00ff), green = (words)(apart >> 8 & 0xff); \
    pf_int##lanes gray = (pf_int##lanes)multiply(red_blue, (words)(pf_int##lanes)(7471 << 16 | 19595)); \
    gray = (gray + 2 * (pf_int##lanes)multiply(green, (words)(pf_int##lanes)19235) + 32768) >> 16; \
    pf_int4 wide = {weights[0], weights[1], weights[2], weights[3]}; \
    return sums + (pf_int##lanes)multiply((words)gray, (words)__builtin_shufflevector(wide, wide, PF_SAME_##lanes)); \
  }
PF_ADD_GRAY_PIXELS(4, __builtin_ia32_pmaddwd128)
#ifdef __AVX2__
PF_ADD_GRAY_PIXELS(8, __builtin_ia32_pmaddwd256)
#endif
#ifdef __AVX512BW__
PF_ADD_GRAY_PIXELS(16, __builtin_ia32_pmaddwd512)
#endif
#else
PF_VECTOR_FUNCTION pf_int4 pf_add_gray_pixels(pf_int4 sums, pf_bytes4 pixels, const int16_t *weights) {
  pf_int4 apart = PF_APART(4, pixels), red = apart & 0xff, green = apart >> 8 & 0xff, blue = apart >> 16 & 0xff;
  pf_int4 gray = (red * 19595 + (green * 19235) * 2 + blue * 7471 + 32768) >> 16;
  pf_int4 wide = {weights[0], weights[1], weights[2], weights[3]};
  return sums + gray * wide;
}
#endif

#define PF_QUAD_4(a, b, c, d) a, b, c, d
#define PF_QUAD_8(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#define PF_QUAD_16(a, b, c, d) PF_QUAD_8(a, b, c, d), a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12, d + 12
// The sum of four lanes, in each of the four.
#define PF_SUM_OF_FOUR(lanes) \
  PF_VECTOR_FUNCTION pf_int##lanes pf_sum_of_four(pf_int##lanes x) { \
    x += __builtin_shufflevector(x, x, PF_QUAD_##lanes(2, 3, 0, 1)); \
    return x + __builtin_shufflevector(x, x, PF_QUAD_##lanes(1, 0, 3, 2)); \
  }
PF_SUM_OF_FOUR(4)
PF_SUM_OF_FOUR(8)
PF_SUM_OF_FOUR(16)

#endif

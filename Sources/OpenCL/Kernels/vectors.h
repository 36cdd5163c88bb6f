// What the kernels share: panels of weights, vectors of VECTOR floats, and activations.
#pragma OPENCL FP_CONTRACT ON

// As PF_PANEL_WIDTH and pf_panel_stride.
#define PANEL 32
#define PANEL_STRIDE(columns) min(PANEL, ((columns) + 3) / 4 * 4)

#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#if VECTOR == 1
#define VALUES float
#define LOAD(pointer) (*(pointer))
#define STORE(values, pointer) (*(pointer) = (values))
#else
#define VALUES JOIN(float, VECTOR)
#define LOAD(pointer) JOIN(vload, VECTOR)(0, pointer)
#define STORE(values, pointer) JOIN(vstore, VECTOR)(values, 0, pointer)
#endif

// Half-precision numbers, which are floats in registers: any device converts them.
#ifdef cl_khr_fp16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define READ_HALVES(count, pointer) JOIN(convert_float, count)(JOIN(vload, count)(0, pointer))
#define WRITE_HALVES(count, values, pointer) JOIN(vstore, count)(JOIN(convert_half, count)(values), 0, pointer)
#else
// PoCL 3.1 takes what vload_half and vstore_half are given for the address of a whole vector.
#define CONVERSIONS(count) \
  static JOIN(float, count) read##count(global const half *pointer) { \
    ushort bits[count] __attribute__((aligned(2 * count))); \
    JOIN(vstore, count)(JOIN(vload, count)(0, (global const ushort *)pointer), 0, bits); \
    return JOIN(vload_half, count)(0, (const half *)bits); \
  } \
  static void write##count(JOIN(float, count) values, global half *pointer) { \
    ushort bits[count] __attribute__((aligned(2 * count))); \
    JOIN(vstore_half, count)(values, 0, (half *)bits); \
    JOIN(vstore, count)(JOIN(vload, count)(0, bits), 0, (global ushort *)pointer); \
  }
#if defined(HALF_WEIGHTS) || defined(HALF_ACTIVATIONS)
CONVERSIONS(2)
CONVERSIONS(4)
CONVERSIONS(8)
CONVERSIONS(16)
#endif
#define READ_HALVES(count, pointer) JOIN(read, count)(pointer)
#define WRITE_HALVES(count, values, pointer) JOIN(write, count)(values, pointer)
#endif

// Activations are halves in the arena with HALF_ACTIVATIONS, and otherwise floats, as those in scratch memory always
// are. READ_SOME is of so many, READ and WRITE of VECTOR, READ_ONE and WRITE_ONE of one.
#ifdef HALF_ACTIVATIONS
typedef half activation;
#define READ_ONE(pointer) vload_half(0, pointer)
#define WRITE_ONE(value, pointer) vstore_half(value, 0, pointer)
#define READ_SOME READ_HALVES
#define WRITE_SOME WRITE_HALVES
#else
typedef float activation;
#define READ_ONE(pointer) (*(pointer))
#define WRITE_ONE(value, pointer) (*(pointer) = (value))
#define READ_SOME(count, pointer) JOIN(vload, count)(0, pointer)
#define WRITE_SOME(count, values, pointer) JOIN(vstore, count)(values, 0, pointer)
#endif
#if VECTOR == 1
#define READ READ_ONE
#define WRITE WRITE_ONE
#else
#define READ(pointer) READ_SOME(VECTOR, pointer)
#define WRITE(values, pointer) WRITE_SOME(VECTOR, values, pointer)
#endif

// Unlike clamp(), keeps a NaN; and unlike other ways to write that, each half is one instruction of x86.
#define AT_LEAST(value, low) ((low) > (value) ? (low) : (value))
// NaN where either is.
#define LARGER(a, b) (isnan(b) ? (b) : AT_LEAST(a, b))
#define SMALLER(a, b) (isnan(b) ? (b) : (b) < (a) ? (b) : (a))
#define BOUNDED(value, low, high) ((high) < AT_LEAST(value, low) ? (high) : AT_LEAST(value, low))

// LLVM otherwise makes two vectors of 256 bits of one of 512.
#if defined(__has_attribute)
#if __has_attribute(min_vector_width)
#define WIDE_VECTORS __attribute__((min_vector_width(512)))
#endif
#endif
#ifndef WIDE_VECTORS
#define WIDE_VECTORS
#endif

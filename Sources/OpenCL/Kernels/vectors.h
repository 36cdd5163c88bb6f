// What the kernels share: vectors of VECTOR floats.
#pragma OPENCL FP_CONTRACT ON

#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#if VECTOR == 1
#define VALUES float
#define LOAD(pointer) (*(pointer))
#define LOAD_HALF(pointer) vload_half(0, pointer)
#define STORE(values, pointer) (*(pointer) = (values))
#else
#define VALUES JOIN(float, VECTOR)
#define LOAD(pointer) JOIN(vload, VECTOR)(0, pointer)
#define LOAD_HALF(pointer) JOIN(vload_half, VECTOR)(0, pointer)
#define STORE(values, pointer) JOIN(vstore, VECTOR)(values, 0, pointer)
#endif

// Unlike clamp(), keeps a NaN; and unlike other ways to write that, each half is one instruction of x86.
#define AT_LEAST(value, low) ((low) > (value) ? (low) : (value))
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

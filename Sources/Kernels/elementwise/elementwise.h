#ifndef PREFACTOR_ELEMENTWISE_H
#define PREFACTOR_ELEMENTWISE_H

#include <stdint.h>

// y = min(max(x · scale + shift, low), high), with a scale and a shift a channel.
typedef struct pf_affine {
  int32_t channels;
  int64_t input_stride, output_stride;
  const float *scale, *shift;
  float low, high;
} pf_affine;

// An argument of a binary function: rows of values, `step` apart, which is 1, or 0 for one value against all of a row;
// and from row to row `stride`, which is 0 for the same row against all.
typedef struct pf_operand {
  const float *values;
  int64_t step, stride;
} pf_operand;

// Functions of one argument, with their parameters α and β.
typedef enum pf_unary {
  PF_RELU = 1,          // max(x, 0)
  PF_LEAKY_RELU = 2,    // x < 0 ? αx : x
  PF_CLIP = 3,          // min(max(x, α), β)
  PF_SIGMOID = 4,       // 1 / (1 + e^-x)
  PF_HARD_SIGMOID = 5,  // max(0, min(1, αx + β))
  PF_HARD_SWISH = 6,    // x · max(0, min(1, x/6 + 1/2))
  PF_TANH = 7,
  PF_ELU = 8,           // x < 0 ? α(e^x - 1) : x
  PF_SELU = 9,          // β(x < 0 ? α(e^x - 1) : x)
  PF_SOFTPLUS = 10,     // ln(1 + e^x)
  PF_SOFTSIGN = 11,     // x / (1 + |x|)
  PF_MISH = 12,         // x · tanh(softplus(x))
  PF_GELU = 13,         // x/2 · (1 + erf(x/√2))
  PF_GELU_TANH = 14,    // x/2 · (1 + tanh(√(2/π)(x + 0.044715x³)))
  PF_ERF = 15,
  PF_SQRT = 16,
  PF_EXP = 17,
  PF_LOG = 18,
  PF_ABS = 19,
  PF_NEGATE = 20,
  PF_RECIPROCAL = 21,
  PF_COPY = 22
} pf_unary;

// Functions of two arguments.
typedef enum pf_binary {
  PF_ADD = 1, PF_SUBTRACT = 2, PF_MULTIPLY = 3, PF_DIVIDE = 4,
  PF_POWER = 5,
  PF_MAXIMUM = 6, PF_MINIMUM = 7, // a NaN in either argument is the result
  PF_PRELU = 8,                   // a < 0 ? a·b : a
  PF_EQUAL = 9, PF_LESS = 10, PF_LESS_OR_EQUAL = 11, // 1 where it holds, else 0, as where either is NaN
  PF_MASK = 12                    // a ≠ 0 ? b : -0, which leaves what is added to it as it is
} pf_binary;

#endif

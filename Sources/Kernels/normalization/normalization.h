#ifndef PREFACTOR_NORMALIZATION_H
#define PREFACTOR_NORMALIZATION_H

#include <stdint.h>

// y = x / (bias + alpha/size · Σ x²)^beta, the sum over `size` channels: from c - (size-1)/2 down to, up to c +
// size/2, cut at the ends.
typedef struct pf_lrn {
  int32_t channels, size;
  float alpha, beta, bias;
  int64_t input_stride, output_stride;
  const int64_t *cancelled;  // see pf_is_cancelled
} pf_lrn;

#endif

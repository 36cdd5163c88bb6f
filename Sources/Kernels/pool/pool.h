#ifndef PREFACTOR_POOL_H
#define PREFACTOR_POOL_H

#include "../window/window.h"

// A maximum is NaN where a tap is, and -inf where no tap lies inside the input; the average of no taps is 0.
typedef enum pf_pool_kind { PF_POOL_MAX = 0, PF_POOL_AVERAGE = 1 } pf_pool_kind;

typedef struct pf_pool {
  pf_window window;
  int32_t kind;              // pf_pool_kind
  int32_t include_pad;       // averages: count the taps in the padding too: those inside input + pads
  int32_t pad_bottom, pad_right;
  int32_t input_height, input_width, output_height, output_width;
  int32_t channels;
  int64_t input_stride, output_stride;
  const float *input;
  float *output;
  const int64_t *cancelled;  // see pf_is_cancelled
} pf_pool;

#endif

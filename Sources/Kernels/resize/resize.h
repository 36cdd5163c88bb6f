#ifndef PREFACTOR_RESIZE_H
#define PREFACTOR_RESIZE_H

#include <stdint.h>

// A row of an image's pixels, each between two columns of the input: first · (1 - weight) + second · weight.
typedef struct pf_sample {
  int32_t first, second;
  float weight;
} pf_sample;

typedef struct pf_resized_row {
  const pf_sample *samples;  // one an output pixel
  int32_t width, channels;   // of the output
  int64_t input_stride, output_stride;
  const float *upper, *lower; // rows of the input: upper · (1 - weight) + lower · weight. With `lower` NULL a pixel
                              // is that of `upper` at `first`
  float weight;
} pf_resized_row;

#endif

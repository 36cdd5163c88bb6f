#ifndef PREFACTOR_DEPTHWISE_H
#define PREFACTOR_DEPTHWISE_H

#include "../gemm/gemm.h"

// A depthwise convolution: groups of one input channel, each of which group_output_channels outputs read. Weights are
// [kernel row][kernel column][output channel]. Where a group's channel is not the one of the input that has its number,
// this says what it is.
typedef struct pf_mixture {
  const int32_t *indices;    // of each group's channel, among `channels`; NULL where groups have them one after the
                             // other
  const float *weights;      // channels are sums over `inputs` channels of the input, [input][channel]; NULL where they
                             // are the input's own
  int32_t inputs, channels;
} pf_mixture;

#endif

#ifndef PREFACTOR_WINDOW_H
#define PREFACTOR_WINDOW_H

#include <stdint.h>

typedef struct pf_window {
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t pad_top, pad_left;
} pf_window;

// Of outputs whose windows begin `stride` apart, how many have a tap before a position that lies at `distance` from
// that of the first.
static inline int32_t pf_outputs_before(int32_t outputs, int32_t stride, int64_t distance) {
  int64_t count = distance <= 0 ? 0 : (distance + stride - 1) / stride;
  return count < outputs ? (int32_t)count : outputs;
}

static inline double pf_share_inside_line(
    int32_t kernel, int32_t stride, int32_t dilation, int32_t pad, int32_t extent, int32_t outputs) {
  double inside = 0;
  for (int32_t tap = 0; tap < kernel; tap++) {
    int64_t place = (int64_t)tap * dilation - pad;
    inside += pf_outputs_before(outputs, stride, extent - place) - pf_outputs_before(outputs, stride, -place);
  }
  return inside / ((double)kernel * outputs);
}

#endif

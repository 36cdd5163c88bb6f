#ifndef PREFACTOR_GEMM_H
#define PREFACTOR_GEMM_H

#include <stddef.h>
#include "../window/window.h"
#include "weights.h"

// Weights of a GEMM-like layer lie in panels of 32 output channels, [panel][k][column]; the last panel is as wide as
// what is left, rounded up to a multiple of 4 and filled with zeros. 32 columns are a whole number of registers on
// every instruction set, so that all of them use the weights in place, from the mapped file.
#define PF_PANEL_WIDTH 32
#define PF_PANEL_SLACK 128

// Floats from row to row of a packed input tile: 256 values of k and a cache line, so that rows fall into different
// sets of L1.
#define PF_TILE_DEPTH 256
#define PF_TILE_STRIDE 272

// A convolution of images that follow each other in memory, or, as a 1×1 one over `output_width` pixels, a matrix
// product. Padding reads as zero. k runs over kernel rows, then kernel columns, then the channels of the group. After
// the sum: + bias, + residual, then clamp to [low, high].
typedef struct pf_convolution {
  pf_window window;
  int32_t images;
  int32_t input_height, input_width, output_height, output_width;
  int32_t group_input_channels, group_output_channels, groups;
  int64_t input_stride, output_stride, residual_stride;   // floats from pixel to pixel
  const float *input;
  pf_weights weights;        // per group, panels; groups one after the other, each
                             // pf_panel_floats(k, group_output_channels) long; of floats for `depthwise`
  const float *bias;         // groups · group_output_channels, or NULL
  const float *residual;     // laid out like the output, or NULL
  float *output;             // overlaps nothing that is read: it holds partial sums
  float low, high;           // -inf and +inf for none
  const int64_t *cancelled;  // see pf_is_cancelled
} pf_convolution;

// One work item: pixels first_pixel ..< first_pixel + pixels of the flattened output (row-major over images × height
// × width), and panels first_panel ..< first_panel + panels of one group.
typedef struct pf_block {
  int32_t group;
  int32_t first_pixel, pixels;
  int32_t first_panel, panels;
} pf_block;

// The share of all windows' taps that lie inside the input. 1 for windows that no network has: counting those would
// take longer than planning may.
static inline double pf_share_inside(const pf_convolution *convolution) {
  const pf_window *window = &convolution->window;
  if (window->kernel_height > 1024 || window->kernel_width > 1024) return 1;
  return pf_share_inside_line(window->kernel_height, window->stride_height, window->dilation_height, window->pad_top,
                              convolution->input_height, convolution->output_height)
    * pf_share_inside_line(window->kernel_width, window->stride_width, window->dilation_width, window->pad_left,
                           convolution->input_width, convolution->output_width);
}

// Floats from row to row of a panel which begins where `columns` output channels are left.
static inline size_t pf_panel_stride(size_t columns) {
  return columns < PF_PANEL_WIDTH ? (columns + 3) & ~(size_t)3 : PF_PANEL_WIDTH;
}

// Length in floats of `columns` output channels of depth k in panels.
static inline size_t pf_panel_floats(size_t k, size_t columns) {
  size_t rest = columns % PF_PANEL_WIDTH;
  return k * (columns - rest + pf_panel_stride(rest));
}

#endif

#ifndef PREFACTOR_TRANSFORM_H
#define PREFACTOR_TRANSFORM_H

#include "../gemm/gemm.h"

// Ways to compute a convolution. All but PF_DIRECT take each tile of the input through a linear transform to
// `positions` numbers a channel, do a matrix product over the channels at each position by itself, and take the sums
// through another transform to a tile of the output.
typedef enum pf_algorithm {
  PF_DIRECT = 0,
  PF_WINOGRAD_2X2_3X3 = 1, // output tile and kernel; Lavin and Gray 2015
  PF_WINOGRAD_4X4_3X3 = 2,
  PF_WINOGRAD_6X6_3X3 = 3,
  PF_WINOGRAD_2X2_5X5 = 4,
  PF_WINOGRAD_4X4_5X5 = 5,
  PF_FFT_16X16 = 6,        // input tile; any kernel up to 9 × 9 but 1 × 1. Mathieu, Henaff and LeCun 2013
  PF_WINOGRAD_6_3 = 7,     // in one dimension, of kernels 1 × 3 and 3 × 1
  PF_WINOGRAD_4_5 = 8,
  PF_WINOGRAD_3X3_3X3 = 9
} pf_algorithm;
#define PF_ALGORITHM_COUNT 10

typedef struct pf_tiling {
  int32_t input_height, input_width;   // of a tile
  int32_t output_height, output_width;
  // Independent real products: the numbers of a Winograd tile; for a Fourier transform of 16 × 16 real numbers the 4
  // real frequencies and three for each of the 126 complex ones, (a + bi)(c + di) taking three products.
  int32_t positions;
} pf_tiling;

// With a dilation d a tile's rows, or columns, are d pixels of the image apart, and d tiles are interleaved, so that
// together they cover what one of d times the size would. For one side of the image: `outputs` is the image's, `size` a
// tile's.
static inline int32_t pf_tile_count(int32_t outputs, int32_t size, int32_t dilation) {
  int32_t rest = outputs % (size * dilation);
  return outputs / (size * dilation) * dilation + (rest < dilation ? rest : dilation);
}

// One work item of a convolution by tiles: tiles first_tile ..< first_tile + tiles, row-major over images × rows of
// tiles × columns of tiles, and panels as above.
typedef struct pf_tile_block {
  int32_t group;
  int32_t first_tile, tiles;
  int32_t first_panel, panels;
} pf_tile_block;

// Whether an algorithm can compute convolutions with such a window.
static inline int pf_algorithm_applies(pf_algorithm algorithm, const pf_window *window) {
  int is_dense = window->stride_height == 1 && window->stride_width == 1;
  int height = window->kernel_height, width = window->kernel_width;
  switch (algorithm) {
  case PF_DIRECT: return 1;
  case PF_WINOGRAD_2X2_3X3: case PF_WINOGRAD_3X3_3X3: case PF_WINOGRAD_4X4_3X3: case PF_WINOGRAD_6X6_3X3:
    return is_dense && height == 3 && width == 3;
  case PF_WINOGRAD_2X2_5X5: case PF_WINOGRAD_4X4_5X5: return is_dense && height == 5 && width == 5;
  case PF_FFT_16X16:
    return is_dense && window->dilation_height == 1 && window->dilation_width == 1 && height <= 9 && width <= 9
        && height * width > 1;
  case PF_WINOGRAD_6_3: return is_dense && height * width == 3;
  case PF_WINOGRAD_4_5: return is_dense && height * width == 5;
  }
  return 0;
}

// The tiles of an algorithm other than PF_DIRECT that applies.
static inline pf_tiling pf_tiling_of(pf_algorithm algorithm, const pf_window *window) {
  int32_t height = window->kernel_height - 1, width = window->kernel_width - 1, output = 0;
  switch (algorithm) {
  case PF_DIRECT: break;
  case PF_WINOGRAD_2X2_3X3: case PF_WINOGRAD_2X2_5X5: output = 2; break;
  case PF_WINOGRAD_3X3_3X3: output = 3; break;
  case PF_WINOGRAD_4X4_3X3: case PF_WINOGRAD_4X4_5X5: output = 4; break;
  case PF_WINOGRAD_6X6_3X3: output = 6; break;
  case PF_FFT_16X16: return (pf_tiling){16, 16, 16 - height, 16 - width, 4 + 3 * 126};
  case PF_WINOGRAD_6_3: case PF_WINOGRAD_4_5:
    output = algorithm == PF_WINOGRAD_6_3 ? 6 : 4;
    return height > 0 ? (pf_tiling){8, 1, output, 1, 8} : (pf_tiling){1, 8, 1, output, 8};
  }
  return (pf_tiling){output + height, output + width, output, output, (output + height) * (output + width)};
}

// Where a tile's output begins, and how much of it there is.
typedef struct pf_tile_place {
  int32_t image, y, x;
  int32_t rows, columns;
} pf_tile_place;

// Of one side of the image: a tile's first output, and how many of its outputs there are.
static inline int32_t pf_tile_start(int32_t tile, int32_t size, int32_t dilation) {
  return tile / dilation * size * dilation + tile % dilation;
}

static inline int32_t pf_tile_outputs(int32_t outputs, int32_t start, int32_t size, int32_t dilation) {
  int32_t count = (outputs - start + dilation - 1) / dilation;
  return count < size ? count : size;
}

static inline pf_tile_place pf_place_of_tile(const pf_convolution *convolution, const pf_tiling *tiling, int32_t tile) {
  int32_t down = convolution->window.dilation_height, right = convolution->window.dilation_width;
  int32_t rows = pf_tile_count(convolution->output_height, tiling->output_height, down);
  int32_t columns = pf_tile_count(convolution->output_width, tiling->output_width, right);
  int32_t line = tile / columns;
  pf_tile_place place = {.image = line / rows};
  place.y = pf_tile_start(line % rows, tiling->output_height, down);
  place.x = pf_tile_start(tile % columns, tiling->output_width, right);
  place.rows = pf_tile_outputs(convolution->output_height, place.y, tiling->output_height, down);
  place.columns = pf_tile_outputs(convolution->output_width, place.x, tiling->output_width, right);
  return place;
}

#endif

// The contract between the runtime, which decides what to compute where, and the kernels, which compute it. Each
// instruction set implements it once, in a module of its own built with its own flags, and hands out one table. A
// header of C rather than a Swift protocol, so that the only thing linked across modules built for different CPUs is
// one C symbol each.
//
// All tensors are float32 and channels-last: pixels × channels, with a stride in floats from one pixel to the next. A
// kernel call does one work item, on one thread. What an element's value is may not depend on which item it falls into:
// that is what makes results independent of the number of threads.
//
// Reads: a kernel may read only what its arguments describe, except weights in panels, after which PF_PANEL_SLACK
// readable bytes follow. Writes: only its item's part of the output, and its scratch.
#ifndef PREFACTOR_KERNELS_H
#define PREFACTOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Weights of a GEMM-like layer lie in panels of 32 output channels, [panel][k][column]; the last panel is as wide as
// what is left, rounded up to a multiple of 4 and filled with zeros. 32 columns are a whole number of registers on
// every instruction set, so that all of them use the weights in place, from the mapped file.
#define PF_PANEL_WIDTH 32
#define PF_PANEL_SLACK 128

// Floats from row to row of a packed input tile: 256 values of k and a cache line, so that rows fall into different
// sets of L1.
#define PF_TILE_DEPTH 256
#define PF_TILE_STRIDE 272

// Whether the run that an item belongs to has been cancelled, by a number that another thread, or a signal's handler,
// makes more than 0; NULL where none can. A kernel looks at it where an item may take longer than some milliseconds,
// and may then leave the item as it is.
static inline int pf_is_cancelled(const int64_t *cancelled) {
  return cancelled && __atomic_load_n(cancelled, __ATOMIC_RELAXED) > 0;
}

typedef struct pf_window {
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t pad_top, pad_left;
} pf_window;

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
  const float *weights;      // per group, panels; groups one after the other, each
                             // pf_panel_floats(k, group_output_channels) long
  const uint16_t *half_weights; // where `weights` is NULL: the same as IEEE half-precision numbers; not for `depthwise`
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
  PF_WINOGRAD_4_5 = 8
} pf_algorithm;
#define PF_ALGORITHM_COUNT 9

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

// A depthwise convolution: groups of one input channel, each of which group_output_channels outputs read. Weights are
// [kernel row][kernel column][output channel]. Where a group's channel is not the one of the input that has its number,
// this says what it is.
typedef struct pf_mixture {
  const int32_t *places;     // of each group's channel, among `channels`; NULL where groups have them one after the
                             // other
  const float *weights;      // channels are sums over `inputs` channels of the input, [input][channel]; NULL where they
                             // are the input's own
  int32_t inputs, channels;
} pf_mixture;

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

// y = x / (bias + alpha/size · Σ x²)^beta, the sum over `size` channels: from c - (size-1)/2 down to, up to c +
// size/2, cut at the ends.
typedef struct pf_lrn {
  int32_t channels, size;
  float alpha, beta, bias;
  int64_t input_stride, output_stride;
  const int64_t *cancelled;  // see pf_is_cancelled
} pf_lrn;

// y = min(max(x · scale + shift, low), high), with a scale and a shift a channel.
typedef struct pf_scale_shift {
  int32_t channels;
  int64_t input_stride, output_stride;
  const float *scale, *shift;
  float low, high;
} pf_scale_shift;

// An argument of a binary function: rows of values, `step` apart, which is 1, or 0 for one value against all of a row;
// and from row to row `stride`, which is 0 for the same row against all.
typedef struct pf_operand {
  const float *values;
  int64_t step, stride;
} pf_operand;

// Matrices of rows × columns, that many floats from one to the next, and within one from row to row of the input and
// of the output.
typedef struct pf_transposition {
  size_t rows, columns;
  size_t input_stride, output_stride;
  size_t matrices, input_step, output_step;
} pf_transposition;

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

// The longest side of an image, in pixels.
#define PF_IMAGE_SIDE 65536

// One side of an image and of the output, which is part of the resized image: as many of its pixels as `target`, after
// `margin` of them.
typedef struct pf_image_axis {
  int32_t source, target;    // pixels of the image and of the output
  double scale;              // pixels of the image for one of the resized image
  double margin;
} pf_image_axis;

// An 8-bit RGB image that becomes planes of floats. Resizing is Pillow's `resize(..., BILINEAR)`, to the bit: a
// triangle filter that widens with the reduction, in fixed point with 22 bits after the point, rounded to 8 bits after
// the rows and again after the columns.
typedef struct pf_image {
  const uint8_t *rgb;        // rows of 3 · columns.source bytes
  size_t row_bytes;          // from one to the next
  pf_image_axis columns, rows;
  int32_t planes;            // 3: red, green, blue; 1: gray, Pillow's "L", made before resizing
  const float *values;       // 256 for each plane: what becomes of an 8-bit number
  float *output;             // rows one after the other
  int64_t pixel_stride, plane_stride; // floats; of either sign
} pf_image;

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

// Maxima and minima are NaN where a value is.
typedef enum pf_reduction {
  PF_REDUCE_MEAN = 1, PF_REDUCE_SUM = 2, PF_REDUCE_MAX = 3, PF_REDUCE_MIN = 4, PF_REDUCE_PRODUCT = 5
} pf_reduction;

typedef struct pf_kernels {
  const char *isa;

  // Scratch that one thread needs for any block of this convolution, in bytes; aligned as a float. Here and below it
  // will do for a convolution with fewer rows or images, too.
  size_t (*convolution_scratch)(const pf_convolution *convolution);
  // Pixels a block should have: a multiple of the register tile's height, small enough for the scratch to stay in
  // cache.
  int32_t (*convolution_block_pixels)(const pf_convolution *convolution);
  // `block->pixels` may be anything up to convolution_block_pixels.
  void (*convolution)(const pf_convolution *convolution, const pf_block *block, void *scratch);

  // Convolution by tiles; the algorithm has to be one that pf_algorithm_applies to. The transformed weights are, per
  // group and then per position, a matrix of group_input_channels × group_output_channels in panels.
  // `tiled_weights` transforms one panel of one group of `convolution->weights`; `transformed` is where those of all
  // groups begin. The scalar reference has none of these four: what they compute is what `convolution` does.
  void (*tiled_weights)(const pf_convolution *convolution, pf_algorithm algorithm, int32_t group, int32_t panel,
                        float *transformed);
  // Scratch that one thread needs for any block, in bytes; aligned to 64.
  size_t (*tiled_scratch)(const pf_convolution *convolution, pf_algorithm algorithm);
  // Tiles a block should have, and at most.
  int32_t (*tiled_block_tiles)(const pf_convolution *convolution, pf_algorithm algorithm);
  // `convolution->weights` are the transformed ones. A number of the input that is not finite spoils all of its tile,
  // since the transforms spread it: returns how many of the block's tiles are spoilt, and writes their numbers to
  // `spoilt`, which has room for all of the block's.
  int32_t (*tiled_convolution)(const pf_convolution *convolution, pf_algorithm algorithm, const pf_tile_block *block,
                               void *scratch, int32_t *spoilt);

  // Scratch that one thread needs for any rows of this depthwise convolution, in bytes; aligned to 64. Of the mixture,
  // which is NULL where groups have channels of their own, only the counts are read.
  size_t (*depthwise_scratch)(const pf_convolution *convolution, const pf_mixture *mixture);
  // Output rows first_row ..< first_row + rows of one image, all channels.
  void (*depthwise)(const pf_convolution *convolution, const pf_mixture *mixture, int32_t first_row, int32_t rows,
                    void *scratch);
  void (*pool)(const pf_pool *pool, int32_t first_row, int32_t rows);

  // The output may not be the input.
  void (*lrn)(const pf_lrn *lrn, const float *input, float *output, size_t pixels);

  // The output may be the input.
  void (*scale_shift)(const pf_scale_shift *step, const float *input, float *output, size_t pixels);

  // Rows of `count` elements, strides from row to row. The output may be the input.
  void (*unary)(pf_unary function, float alpha, float beta, const float *input, size_t input_stride, float *output,
                size_t output_stride, size_t rows, size_t count);
  // The same; the result is clamped to [low, high]. The output may be an input.
  void (*binary)(pf_binary function, const pf_operand *left, const pf_operand *right, float *output,
                 size_t output_stride, size_t rows, size_t count, float low, float high);

  // Rows of `count` contiguous elements; `logarithm` gives log-softmax. The output may be the input.
  void (*softmax)(const float *input, float *output, size_t rows, size_t count, int32_t logarithm,
                  const int64_t *cancelled);

  // output[i] = reduction over r of input[r · stride + i], i < inner, r < count. One item; with inner 1 and stride 1 a
  // sum over contiguous memory. Only columns first ..< first + columns of the `inner` ones are computed.
  void (*reduce)(pf_reduction function, const float *input, size_t stride, float *output, size_t count, size_t inner,
                 size_t first, size_t columns, const int64_t *cancelled);

  // output[c · output_stride + r] = input[r · input_stride + c]: between channels-first and channels-last, and
  // shuffles of channels.
  void (*transpose)(const pf_transposition *transposition, const float *input, float *output);

  void (*resize)(const pf_resized_row *row, float *output);

  // Scratch that one thread needs for any image of which the output is that wide, in bytes; aligned to 64.
  size_t (*image_scratch)(int32_t width);
  // Rows first_row ..< first_row + rows of the output. Reads nothing past the last row's last pixel, but may read what
  // lies between rows.
  void (*image)(const pf_image *image, int32_t first_row, int32_t rows, void *scratch);

  // Does nothing but multiply-adds in registers, and returns how many: what anything else may be measured against.
  size_t (*peak)(size_t rounds);
} pf_kernels;

// Fill the caller's table. Which of these exist depends on the processor the library is built for.
void pf_kernels_scalar(pf_kernels *table);
void pf_kernels_baseline(pf_kernels *table);
void pf_kernels_avx2(pf_kernels *table);
void pf_kernels_avx512(pf_kernels *table);
void pf_kernels_neon(pf_kernels *table);

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

// Length in floats of `columns` output channels of depth k in panels.
static inline size_t pf_panel_floats(size_t k, size_t columns) {
  size_t whole = columns / PF_PANEL_WIDTH, rest = columns % PF_PANEL_WIDTH;
  return k * (whole * PF_PANEL_WIDTH + ((rest + 3) & ~(size_t)3));
}

// Whether an algorithm can compute convolutions with such a window.
static inline int pf_algorithm_applies(pf_algorithm algorithm, const pf_window *window) {
  int is_dense = window->stride_height == 1 && window->stride_width == 1;
  int height = window->kernel_height, width = window->kernel_width;
  switch (algorithm) {
  case PF_DIRECT: return 1;
  case PF_WINOGRAD_2X2_3X3: case PF_WINOGRAD_4X4_3X3: case PF_WINOGRAD_6X6_3X3:
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

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
#include "cancellation.h"
#include "instruction_sets.h"
#include "../Kernels/depthwise/depthwise.h"
#include "../Kernels/elementwise/elementwise.h"
#include "../Kernels/gemm/gemm.h"
#include "../Kernels/image/image.h"
#include "../Kernels/normalization/normalization.h"
#include "../Kernels/pool/pool.h"
#include "../Kernels/reduction/reduction.h"
#include "../Kernels/resize/resize.h"
#include "../Kernels/transform/transform.h"
#include "../Kernels/transpose/transpose.h"
#include "../Kernels/window/window.h"

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
  // `transform_weights` transforms one panel of one group of `convolution->weights`; `transformed` is where those of
  // all groups begin. The scalar reference has none of these four: what they compute is what `convolution` does.
  void (*transform_weights)(const pf_convolution *convolution, pf_algorithm algorithm, int32_t group, int32_t panel,
                            float *transformed);
  // Scratch that one thread needs for any block, in bytes; aligned to 64.
  size_t (*transform_scratch)(const pf_convolution *convolution, pf_algorithm algorithm);
  // Tiles a block should have, and at most.
  int32_t (*transform_block_tiles)(const pf_convolution *convolution, pf_algorithm algorithm);
  // `convolution->weights` are the transformed ones. A number of the input that is not finite spoils all of its tile,
  // since the transforms spread it: returns how many of the block's tiles are spoilt, and writes their numbers to
  // `spoilt`, which has room for all of the block's.
  int32_t (*transform_convolution)(const pf_convolution *convolution, pf_algorithm algorithm,
                                   const pf_tile_block *block, void *scratch, int32_t *spoilt);

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
  void (*affine)(const pf_affine *step, const float *input, float *output, size_t pixels);

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

// Fill the caller's table; one that a build has left out is empty.
#define PF_DECLARE(processor, name, ...) PF_ON_##processor(void pf_kernels_##name(pf_kernels *table);)
PF_INSTRUCTION_SETS(PF_DECLARE)
#undef PF_DECLARE
void pf_kernels_scalar(pf_kernels *table);

// The kernels of one instruction set.
typedef struct pf_kernel_set {
  const char *name;
  const char *target;      // name of one of Target.all
  int32_t is_supported;    // by the processor that this runs on
  void (*fill)(pf_kernels *table);
} pf_kernel_set;

#define PF_COUNT(processor, ...) PF_ON_##processor(+ 1)
enum { PF_KERNEL_SET_COUNT = 1 PF_INSTRUCTION_SETS(PF_COUNT) };
#undef PF_COUNT

// The processor's kernel sets, best first; the last is the scalar reference.
static inline pf_kernel_set pf_kernel_set_at(int32_t index) {
#define PF_ENTRY(processor, name, folder, march, is_supported, target) \
  PF_ON_##processor(if (index-- == 0) return (pf_kernel_set){#name, target, is_supported(), pf_kernels_##name};)
  PF_INSTRUCTION_SETS(PF_ENTRY)
#undef PF_ENTRY
  return (pf_kernel_set){"scalar", "generic", 1, pf_kernels_scalar};
}

#endif

// A depthwise convolution whose filters each read one of a few mixtures of channels, its color, in any order: a
// monochromatic first layer. The image is mixed once, to rows of COLOR_STRIDE floats a pixel with padding at their
// ends; the filters of a vector have their colors by one permutation of a pixel, which all their taps that read the
// pixel share.
//
// Options: COLOR_STRIDE (4, 8, 16), at least the colors; VECTOR (1, 4, 8, 16), at least the colors or 1, and at most
// the filters: 16 on processors, 1 on GPUs; PIXELS; KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_HEIGHT, STRIDE_WIDTH.

#define COLORS JOIN(float, COLOR_STRIDE)
#define LOAD_COLORS(pointer) JOIN(vload, COLOR_STRIDE)(0, pointer)
#define STORE_COLORS(values, pointer) JOIN(vstore, COLOR_STRIDE)(values, 0, pointer)

// `output` is scratch of images · height · padded_width · COLOR_STRIDE floats and 16 more; `padded_width` at least
// what `monochromatic` reads: (ceil(output width / PIXELS) · PIXELS - 1) · STRIDE_WIDTH + KERNEL_WIDTH.
// Global sizes: padded_width, height, images; dimension 0 may be rounded up.
#ifdef KERNEL_mix_image
kernel WIDE_VECTORS
void mix_image(
  global const activation *restrict arena, global float *restrict scratch, global const float *restrict weights,
  global const float *restrict constants, pf_cl_mixing args
) {
  int x = get_global_id(0), y = get_global_id(1), image = get_global_id(2), column = x - args.left;
  if (x >= args.padded_width) return;
  COLORS sum = 0;
  if (column >= 0 && column < args.width) {
    global const activation *pixel = arena + args.input + image * args.image_step + y * args.row_step
      + column * args.pixel_step;
    if (args.mixing >= 0) {
      for (int c = 0; c < args.channels; c++) {
        sum = READ_ONE(pixel + c * args.channel_step) * LOAD_COLORS(constants + args.mixing + c * args.colors) + sum;
      }
    } else {
      float values[COLOR_STRIDE];
      for (int c = 0; c < COLOR_STRIDE; c++)
        values[c] = c < args.colors ? READ_ONE(pixel + c * args.channel_step) : 0;
      sum = LOAD_COLORS(values);
    }
  }
  STORE_COLORS(sum, scratch + args.output + ((image * args.height + y) * args.padded_width + x) * COLOR_STRIDE);
}
#endif

// Of LLVM's shuffle() with an index that is no constant, code comes that goes through memory.
#define PERMUTED(values, indices) shuffle(values, indices)
#if defined(__has_builtin) && defined(__AVX512F__) && VECTOR == 16
#if __has_builtin(__builtin_ia32_permvarsf512)
#undef PERMUTED
#define PERMUTED(values, indices) __builtin_ia32_permvarsf512(values, as_int16(indices))
#endif
#elif defined(__has_builtin) && defined(__AVX2__) && VECTOR == 8
#if __has_builtin(__builtin_ia32_permvarsf256)
#undef PERMUTED
#define PERMUTED(values, indices) __builtin_ia32_permvarsf256(values, as_int8(indices))
#endif
#endif

#define SPAN ((PIXELS - 1) * STRIDE_WIDTH + KERNEL_WIDTH)

// Global sizes: ceil(filters / VECTOR), ceil(output width / PIXELS), rows of all images; dimensions 0 and 1 may be
// rounded up.
#ifdef KERNEL_monochromatic
kernel WIDE_VECTORS
void monochromatic(
  global const float *restrict scratch, global activation *restrict arena, global const float *restrict weights,
  global const float *restrict constants, pf_cl_monochromatic args
) {
  int item = get_global_id(0), x = get_global_id(1) * PIXELS, row = get_global_id(2);
  if (item * VECTOR >= args.filters || x >= args.output_width) return;
  // The last vector overlaps the one before; what is computed twice comes out the same.
  int filter = min(item * VECTOR, args.filters - VECTOR);
  int image = row / args.output_height, top = (row - image * args.output_height) * STRIDE_HEIGHT - args.pad_top;
  global const float *input = scratch + args.input
    + (image * args.input_height * args.padded_width + x * STRIDE_WIDTH) * COLOR_STRIDE;
  global const float *w = weights + args.weights + filter;
#if VECTOR == 1
  int place = as_int(constants[args.indices + filter]);
#define FILTERS_COLORS(pixel) (pixel)[place]
#else
  JOIN(uint, VECTOR) indices = JOIN(as_uint, VECTOR)(LOAD(constants + args.indices + filter));
#define FILTERS_COLORS(pixel) PERMUTED(LOAD(pixel), indices)
#endif

  VALUES sums[PIXELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) sums[p] = 0;
  for (int i = 0; i < KERNEL_HEIGHT; i++) {
    int y = top + i;
    if (y < 0 || y >= args.input_height) continue;
    global const float *line = input + y * args.padded_width * COLOR_STRIDE;
    VALUES taps[KERNEL_WIDTH];
#pragma unroll
    for (int j = 0; j < KERNEL_WIDTH; j++) taps[j] = LOAD(w + (i * KERNEL_WIDTH + j) * args.filters);
#pragma unroll
    for (int s = 0; s < SPAN; s++) {
      VALUES value = FILTERS_COLORS(line + s * COLOR_STRIDE);
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        int j = s - p * STRIDE_WIDTH;
        if (j >= 0 && j < KERNEL_WIDTH) sums[p] = value * taps[j] + sums[p];
      }
    }
  }

  VALUES low = args.low, high = args.high, shift = 0;
  if (args.bias >= 0) shift = LOAD(constants + args.bias + filter);
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    if (x + p < args.output_width) {
      int pixel = row * args.output_width + x + p;
      VALUES value = sums[p] + shift;
      if (args.residual >= 0) value += READ(arena + args.residual + pixel * args.residual_stride + filter);
      WRITE(BOUNDED(value, low, high), arena + args.output + pixel * args.output_stride + filter);
    }
  }
}
#endif

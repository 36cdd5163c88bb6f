// Convolution of any window, and the product of matrices that a 1×1 convolution and the middle of a Winograd
// convolution are.
//
// A work-item computes PIXELS pixels, following each other in images × rows × columns, of COLUMNS output channels,
// summing in the order of k: kernel rows, kernel columns, channels. The sums don't depend on the tile's size, nor on
// the pixels beside.
//
// Options: VECTOR floats a vector (4, 8, 16), COLUMNS (a multiple of VECTOR that divides 32), PIXELS; DEPTH values of k
// at once (1 where a register can be loaded with copies of one float, as on processors; on GPUs 4); POINTWISE for a
// 1×1 window of stride 1 without padding; HALF_WEIGHTS, HALF_ACTIVATIONS, HALF_ARITHMETIC.
// Global sizes: ceil(pixels / PIXELS) · (32 / COLUMNS), panels, batches. Dimension 0 may be rounded up, and its local
// size is any: 1 on processors, of which each work-item keeps all registers busy. Panels are not in dimension 0 so that
// the weights of one stay in the cache while all pixels go by.

#define VECTORS (COLUMNS / VECTOR)

#ifdef HALF_WEIGHTS
typedef half weight;
#define LOAD_WEIGHTS(pointer) READ_HALVES(VECTOR, pointer)
#else
typedef float weight;
#define LOAD_WEIGHTS LOAD
#endif

// With HALF_ARITHMETIC, where DEPTH values of k are read at once, products are half-precision numbers, and so are sums
// of up to HALF_SUM of them.
#ifdef HALF_ARITHMETIC
#define HALF_SUM 16
typedef half factor;
#define FACTORS JOIN(half, VECTOR)
#define READ_FACTORS(pointer) JOIN(vload, DEPTH)(0, pointer)
#ifdef HALF_WEIGHTS
#define LOAD_FACTORS LOAD
#else
#define LOAD_FACTORS(pointer) JOIN(convert_half, VECTOR)(LOAD(pointer))
#endif
#else
typedef float factor;
#define FACTORS VALUES
#define READ_FACTORS(pointer) READ_SOME(DEPTH, pointer)
#define LOAD_FACTORS LOAD_WEIGHTS
#endif

kernel WIDE_VECTORS
void convolution(
  global const activation *restrict arena_in, global activation *restrict arena_out,
  global const float *restrict weights, global const float *restrict constants, pf_cl_convolution args
) {
  const int items = PANEL / COLUMNS;
  int tile = (int)get_global_id(0) / items, panel = get_global_id(1), batch = get_global_id(2);
  int first = tile * PIXELS, column = panel * PANEL + (int)get_global_id(0) % items * COLUMNS;
  int area = args.output_height * args.output_width, pixels = args.images * area;
  if (first >= pixels || column >= args.filters) return;

  int depth = args.kernel_height * args.kernel_width * args.channels;
  int width = PANEL_STRIDE(args.filters - panel * PANEL);
  global const weight *w = (global const weight *)(weights + args.weights) + batch * args.weights_step
    + panel * PANEL * depth + column % PANEL;
  global const activation *input = arena_in + batch * args.input_step;

  VALUES sums[PIXELS][VECTORS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) sums[p][v] = 0;
  }
#ifdef HALF_ARITHMETIC
#define SUMS half_sums
  FACTORS half_sums[PIXELS][VECTORS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
#pragma unroll
    for (int v = 0; v < VECTORS; v++) half_sums[p][v] = 0;
  }
#else
#define SUMS sums
#endif

#ifdef POINTWISE
  int length = args.channels;
  {
    {
      global const activation *values[PIXELS];
#pragma unroll
      for (int p = 0; p < PIXELS; p++) values[p] = input + args.input + min(first + p, pixels - 1) * args.input_stride;
#else
  int origin[PIXELS], top[PIXELS], left[PIXELS];
  // A row of the window is one run of values where no pixel's has padding in it. Half sums would end elsewhere then
  // than beside the padding.
#ifdef HALF_ARITHMETIC
  bool is_run = false;
#else
  bool is_run = args.dilation_width == 1 && args.input_stride == args.channels;
#endif
  int x = first % args.output_width, row = first / args.output_width, image = row / args.output_height,
      y = row % args.output_height;
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    top[p] = y * args.stride_height - args.pad_top;
    left[p] = x * args.stride_width - args.pad_left;
    origin[p] = ((image * args.input_height + top[p]) * args.input_width + left[p]) * args.input_stride + args.input;
    // A pixel after the last one has nothing but padding.
    if (image >= args.images) top[p] = INT_MIN / 2;
    is_run = is_run && left[p] >= 0 && left[p] + args.kernel_width <= args.input_width;
    bool is_last = ++x == args.output_width;
    x = is_last ? 0 : x;
    y += is_last;
    bool is_end = y == args.output_height;
    y = is_end ? 0 : y;
    image += is_end;
  }
  int runs = is_run ? 1 : args.kernel_width, length = is_run ? args.kernel_width * args.channels : args.channels;
  for (int i = 0; i < args.kernel_height; i++) {
    for (int j = 0; j < runs; j++) {
      int down = i * args.dilation_height, right = j * args.dilation_width;
      int step = (down * args.input_width + right) * args.input_stride;
      global const activation *values[PIXELS];
      bool has_any = false;
#pragma unroll
      for (int p = 0; p < PIXELS; p++) {
        bool inside = (uint)(top[p] + down) < (uint)args.input_height
          && (uint)(left[p] + right) < (uint)args.input_width;
        values[p] = inside ? input + origin[p] + step : arena_in + args.zeros;
        has_any |= inside;
      }
      // With a large dilation most taps lie in the padding, under all pixels.
      if (!has_any) {
        w += length * width;
        continue;
      }
#endif
      int k = 0;
#if DEPTH > 1
      for (; k + DEPTH <= length; k += DEPTH, w += DEPTH * width) {
        FACTORS rows[DEPTH][VECTORS];
#pragma unroll
        for (int d = 0; d < DEPTH; d++) {
#pragma unroll
          for (int v = 0; v < VECTORS; v++) rows[d][v] = LOAD_FACTORS(w + d * width + v * VECTOR);
        }
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
          factor part[DEPTH];
          JOIN(vstore, DEPTH)(READ_FACTORS(values[p] + k), 0, part);
#pragma unroll
          for (int d = 0; d < DEPTH; d++) {
#pragma unroll
            for (int v = 0; v < VECTORS; v++) SUMS[p][v] = (FACTORS)part[d] * rows[d][v] + SUMS[p][v];
          }
        }
#ifdef HALF_ARITHMETIC
        if (k % HALF_SUM == HALF_SUM - DEPTH || k + 2 * DEPTH > length) {
#pragma unroll
          for (int p = 0; p < PIXELS; p++) {
#pragma unroll
            for (int v = 0; v < VECTORS; v++) {
              sums[p][v] += JOIN(convert_float, VECTOR)(half_sums[p][v]);
              half_sums[p][v] = 0;
            }
          }
        }
#endif
      }
#endif
      for (; k < length; k++, w += width) {
        VALUES row[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; v++) row[v] = LOAD_WEIGHTS(w + v * VECTOR);
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
#pragma unroll
          for (int v = 0; v < VECTORS; v++) sums[p][v] = (VALUES)READ_ONE(values[p] + k) * row[v] + sums[p][v];
        }
      }
    }
  }

  global const float *bias = constants + args.bias + batch * args.bias_step + column;
  global const activation *residual = arena_in + args.residual + batch * args.residual_step + column;
  global activation *output = arena_out + args.output + batch * args.output_step + column;
  int columns = args.filters - column;
  if (columns >= COLUMNS) {
    VALUES low = args.low, high = args.high, shift[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; v++) shift[v] = args.bias < 0 ? (VALUES)0 : LOAD(bias + v * VECTOR);
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
      if (first + p < pixels) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) {
          VALUES value = sums[p][v] + shift[v];
          if (args.residual >= 0) value += READ(residual + (first + p) * args.residual_stride + v * VECTOR);
          WRITE(BOUNDED(value, low, high), output + (first + p) * args.output_stride + v * VECTOR);
        }
      }
    }
  } else {
    float values[PIXELS * COLUMNS];
#pragma unroll
    for (int p = 0; p < PIXELS; p++) {
#pragma unroll
      for (int v = 0; v < VECTORS; v++) STORE(sums[p][v], values + p * COLUMNS + v * VECTOR);
    }
    for (int p = 0; p < min(PIXELS, pixels - first); p++) {
      for (int c = 0; c < columns; c++) {
        float value = values[p * COLUMNS + c] + (args.bias < 0 ? 0 : bias[c]);
        if (args.residual >= 0) value += READ_ONE(residual + (first + p) * args.residual_stride + c);
        WRITE_ONE(BOUNDED(value, args.low, args.high), output + (first + p) * args.output_stride + c);
      }
    }
  }
}

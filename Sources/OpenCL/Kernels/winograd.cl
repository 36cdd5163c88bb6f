// The transforms of a Winograd convolution, as in Winograd.swift and at the same points: of POINTS × POINTS pixels of
// the input to as many positions, and of the products to OUTPUTS × OUTPUTS pixels; of kernels that are a row or a
// column, in one dimension. In between, convolution.cl multiplies at each position, POINTWISE: one image of 1 × tiles
// pixels, groups · positions batches, from `transformed` to `products`, without bias or bounds.
//
// Options: POINTS (4, 6, 8); OUTPUTS = POINTS + 1 - the kernel's size; ROW for a kernel 1 × d, COLUMN for d × 1;
// VECTOR (1, 2, 4, 8, 16), at most the channels and the filters of a group: 16 on processors, and on GPUs what leaves
// room in the registers for as many vectors as there are positions.
// Global sizes: ceil(channels, or filters, of a group / VECTOR), tiles, groups; dimensions 0 and 1 may be rounded up.

#if POINTS == 4
#define PAIRS 1
#elif POINTS == 6
#define PAIRS 2
#else
#define PAIRS 3
#endif

#ifdef ROW
#define TILE_ROWS 1
#define OUTPUT_ROWS 1
#else
#define TILE_ROWS POINTS
#define OUTPUT_ROWS OUTPUTS
#endif
#ifdef COLUMN
#define TILE_COLUMNS 1
#define OUTPUT_COLUMNS 1
#else
#define TILE_COLUMNS POINTS
#define OUTPUT_COLUMNS OUTPUTS
#endif
#define POSITIONS (TILE_ROWS * TILE_COLUMNS)

// The positive points of the pairs ±p, between 0 and infinity.
#if POINTS == 6
#define POINT(index) ((index) == 0 ? 0.625f : 1.5f)
#else
#define POINT(index) (POINTS == 4 ? 1.0f : (index) == 0 ? 0.5f : (index) == 1 ? 1.0f : 2.0f)
#endif
#define SQUARE(index) (POINT(index) * POINT(index))

// The polynomial ∏ (x² - p²) over `count` pairs, times a power of x that makes `top` its degree, applied to d.
static inline VALUES reduced(const VALUES *d, int top, int count, float a, float b, float c) {
  if (count == 0) return d[top];
  if (count == 1) return d[top] - a * d[top - 2];
  if (count == 2) return a * b * d[top - 4] + (d[top] - (a + b) * d[top - 2]);
  return (a * b + a * c + b * c) * d[top - 4] + (d[top] - (a + b + c) * d[top - 2]) - a * b * c * d[top - 6];
}

// Bᵀd; of a dimension in which a tile is one pixel, that.
static inline void transform_input(const VALUES *d, int count, VALUES *result) {
  if (count == 1) {
    result[0] = d[0];
    return;
  }
  const float a = SQUARE(0), b = SQUARE(1), c = SQUARE(2);
  result[0] = reduced(d, POINTS - 2, PAIRS, a, b, c);
  result[POINTS - 1] = reduced(d, POINTS - 1, PAIRS, a, b, c);
#pragma unroll
  for (int pair = 0; pair < PAIRS; pair++) {
    // The squares of the other pairs.
    const float first = pair == 0 ? b : a, second = pair == 2 ? b : c;
    VALUES even = reduced(d, POINTS - 2, PAIRS - 1, first, second, 0),
           odd = reduced(d, POINTS - 3, PAIRS - 1, first, second, 0);
    result[2 * pair + 1] = even + POINT(pair) * odd;
    result[2 * pair + 2] = even - POINT(pair) * odd;
  }
}

// Aᵀm, likewise.
static inline void transform_output(const VALUES *m, int count, VALUES *result) {
  if (count == 1) {
    result[0] = m[0];
    return;
  }
  float powers[PAIRS];
#pragma unroll
  for (int row = 0; row < OUTPUTS; row++) {
    VALUES sum = row == 0 ? m[0] : row == OUTPUTS - 1 ? m[POINTS - 1] : (VALUES)0;
#pragma unroll
    for (int pair = 0; pair < PAIRS; pair++) {
      powers[pair] = row == 0 ? 1 : powers[pair] * POINT(pair);
      sum += powers[pair] * (row % 2 == 0 ? m[2 * pair + 1] + m[2 * pair + 2] : m[2 * pair + 1] - m[2 * pair + 2]);
    }
    result[row] = sum;
  }
}

#ifdef KERNEL_transform_inputs
kernel WIDE_VECTORS
void transform_inputs(
  global const activation *restrict arena, global float *restrict scratch, global const float *restrict weights,
  global const float *restrict constants, pf_cl_winograd args
) {
  int item = get_global_id(0), place = get_global_id(1), group = get_global_id(2);
  int tile = args.first_tile + place, step = args.tiles * args.channels;
  if (item * VECTOR >= args.channels || place >= args.tiles) return;
  // The last vector overlaps the one before; what is computed twice comes out the same.
  int channel = min(item * VECTOR, args.channels - VECTOR);
  int row = tile / args.tile_columns, image = row / args.tile_rows;
  int top = (row - image * args.tile_rows) * OUTPUT_ROWS - args.pad_top;
  int left = (tile - row * args.tile_columns) * OUTPUT_COLUMNS - args.pad_left;
  global const activation *input = arena + args.input + group * args.channels + channel
    + ((image * args.input_height + top) * args.input_width + left) * args.input_stride;

  VALUES columns[TILE_COLUMNS][TILE_ROWS];
#pragma unroll
  for (int x = 0; x < TILE_COLUMNS; x++) {
    VALUES d[TILE_ROWS];
#pragma unroll
    for (int y = 0; y < TILE_ROWS; y++) {
      bool inside = (uint)(top + y) < (uint)args.input_height && (uint)(left + x) < (uint)args.input_width;
      d[y] = 0;
      if (inside) d[y] = READ(input + (y * args.input_width + x) * args.input_stride);
    }
    transform_input(d, TILE_ROWS, columns[x]);
  }

  global float *result = scratch + args.transformed + group * POSITIONS * step + place * args.channels + channel;
#pragma unroll
  for (int y = 0; y < TILE_ROWS; y++) {
    VALUES line[TILE_COLUMNS], values[TILE_COLUMNS];
#pragma unroll
    for (int x = 0; x < TILE_COLUMNS; x++) line[x] = columns[x][y];
    transform_input(line, TILE_COLUMNS, values);
#pragma unroll
    for (int x = 0; x < TILE_COLUMNS; x++) STORE(values[x], result + (y * TILE_COLUMNS + x) * step);
  }
}
#endif

#ifdef KERNEL_transform_outputs
// An output as the sum over its window: what transforms make of numbers that are not finite they spread over the tile.
static float window_sum(
  global const activation *arena, global const float *weights, pf_cl_winograd args, int image, int group, int filter,
  int y, int x
) {
  const int kernel_height = TILE_ROWS + 1 - OUTPUT_ROWS, kernel_width = TILE_COLUMNS + 1 - OUTPUT_COLUMNS;
  int depth = kernel_height * kernel_width * args.channels, panel = filter / PANEL * PANEL;
  int width = PANEL_STRIDE(args.filters - panel), group_width = (args.filters + 3) / 4 * 4;
  int column = (group * group_width + panel) * depth + filter - panel;
#ifdef HALF_WEIGHTS
#define WEIGHT(index) vload_half(index, (global const half *)(weights + args.weights))
#else
#define WEIGHT(index) weights[args.weights + (index)]
#endif
  float sum = 0;
  for (int tap = 0; tap < kernel_height * kernel_width; tap++) {
    int sy = y - args.pad_top + tap / kernel_width, sx = x - args.pad_left + tap % kernel_width;
    if (sy < 0 || sy >= args.input_height || sx < 0 || sx >= args.input_width) continue;
    global const activation *pixel = arena + args.input + group * args.channels
      + ((image * args.input_height + sy) * args.input_width + sx) * args.input_stride;
    for (int c = 0; c < args.channels; c++)
      sum += READ_ONE(pixel + c) * WEIGHT(column + (tap * args.channels + c) * width);
  }
  return sum;
}

kernel WIDE_VECTORS
void transform_outputs(
  global const float *restrict scratch, global activation *restrict arena, global const float *restrict weights,
  global const float *restrict constants, pf_cl_winograd args
) {
  int item = get_global_id(0), place = get_global_id(1), group = get_global_id(2);
  int tile = args.first_tile + place, step = args.tiles * args.filters;
  if (item * VECTOR >= args.filters || place >= args.tiles) return;
  int filter = min(item * VECTOR, args.filters - VECTOR);
  global const float *products = scratch + args.products + group * POSITIONS * step + place * args.filters + filter;

  VALUES columns[TILE_COLUMNS][OUTPUT_ROWS];
#pragma unroll
  for (int x = 0; x < TILE_COLUMNS; x++) {
    VALUES m[TILE_ROWS];
#pragma unroll
    for (int y = 0; y < TILE_ROWS; y++) m[y] = LOAD(products + (y * TILE_COLUMNS + x) * step);
    transform_output(m, TILE_ROWS, columns[x]);
  }

  int row = tile / args.tile_columns, image = row / args.tile_rows;
  int top = (row - image * args.tile_rows) * OUTPUT_ROWS, left = (tile - row * args.tile_columns) * OUTPUT_COLUMNS;
  int first = group * args.filters + filter;
  VALUES low = args.low, high = args.high, shift = 0;
  // NaN for filters of which an output is not finite.
  VALUES spoilt = 0;
  if (args.bias >= 0) shift = LOAD(constants + args.bias + first);
#pragma unroll
  for (int y = 0; y < OUTPUT_ROWS; y++) {
    VALUES line[TILE_COLUMNS], values[OUTPUT_COLUMNS];
#pragma unroll
    for (int x = 0; x < TILE_COLUMNS; x++) line[x] = columns[x][y];
    transform_output(line, TILE_COLUMNS, values);
    if (top + y < args.output_height) {
      int pixel = (image * args.output_height + top + y) * args.output_width + left;
#pragma unroll
      for (int x = 0; x < OUTPUT_COLUMNS; x++) {
        if (left + x < args.output_width) {
          spoilt += values[x] * 0.0f;
          VALUES value = values[x] + shift;
          if (args.residual >= 0) value += READ(arena + args.residual + (pixel + x) * args.residual_stride + first);
          WRITE(BOUNDED(value, low, high), arena + args.output + (pixel + x) * args.output_stride + first);
        }
      }
    }
  }

  union { VALUES all; float each[VECTOR]; } filters = {spoilt};
  for (int i = 0; i < VECTOR; i++) {
    if (!isnan(filters.each[i])) continue;
    for (int y = top; y < min(top + OUTPUT_ROWS, args.output_height); y++) {
      for (int x = left; x < min(left + OUTPUT_COLUMNS, args.output_width); x++) {
        int pixel = (image * args.output_height + y) * args.output_width + x;
        float value = window_sum(arena, weights, args, image, group, filter + i, y, x)
          + (args.bias < 0 ? 0 : constants[args.bias + first + i]);
        if (args.residual >= 0) value += READ_ONE(arena + args.residual + pixel * args.residual_stride + first + i);
        WRITE_ONE(BOUNDED(value, args.low, args.high), arena + args.output + pixel * args.output_stride + first + i);
      }
    }
  }
}
#endif

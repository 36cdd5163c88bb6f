// Depthwise convolution.

// Groups of one input and one output channel, without a mixture. A work-item computes VECTOR channels of PIXELS pixels
// of a row.
//
// Options: VECTOR (1, 2, 4, 8, 16), at most the channels; PIXELS.
// Global sizes: ceil(channels / VECTOR), ceil(output width / PIXELS), rows of all images; dimensions 0 and 1 may be
// rounded up. A work-item is short: on processors, too, a work-group should have hundreds.
#ifdef KERNEL_depthwise
kernel WIDE_VECTORS
void depthwise(
  global const activation *restrict arena_in, global activation *restrict arena_out,
  global const float *restrict weights, global const float *restrict constants, pf_cl_depthwise args
) {
  int item = get_global_id(0), x = get_global_id(1) * PIXELS, row = get_global_id(2);
  if (item * VECTOR >= args.filters || x >= args.output_width) return;
  // The last vector overlaps the one before; what is computed twice comes out the same.
  int channel = min(item * VECTOR, args.filters - VECTOR);
  int image = row / args.output_height, top = (row - image * args.output_height) * args.stride_height - args.pad_top;
  int left = x * args.stride_width - args.pad_left, step = args.stride_width * args.input_stride;
  global const activation *input = arena_in + args.input + channel
    + (image * args.input_height * args.input_width + left) * args.input_stride;
  global const activation *zeros = arena_in + args.zeros;
  global const float *w = weights + args.weights + channel;

  VALUES low = args.low, high = args.high, shift = 0, sums[PIXELS];
#pragma unroll
  for (int p = 0; p < PIXELS; p++) sums[p] = 0;
  bool inside = left >= 0
    && left + (PIXELS - 1) * args.stride_width + (args.kernel_width - 1) * args.dilation_width < args.input_width;
  for (int i = 0; i < args.kernel_height; i++) {
    int y = top + i * args.dilation_height;
    if (y < 0 || y >= args.input_height) continue;
    global const activation *line = input + y * args.input_width * args.input_stride;
    for (int j = 0; j < args.kernel_width; j++) {
      int right = j * args.dilation_width;
      VALUES weight = LOAD(w + (i * args.kernel_width + j) * args.filters);
      if (inside) {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) sums[p] = READ(line + right * args.input_stride + p * step) * weight + sums[p];
      } else {
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
          bool is_pixel = (uint)(left + right + p * args.stride_width) < (uint)args.input_width;
          sums[p] = READ(is_pixel ? line + right * args.input_stride + p * step : zeros) * weight + sums[p];
        }
      }
    }
  }

  if (args.bias >= 0) shift = LOAD(constants + args.bias + channel);
#pragma unroll
  for (int p = 0; p < PIXELS; p++) {
    if (x + p < args.output_width) {
      int pixel = row * args.output_width + x + p;
      VALUES value = sums[p] + shift;
      if (args.residual >= 0) value += READ(arena_in + args.residual + pixel * args.residual_stride + channel);
      WRITE(BOUNDED(value, low, high), arena_out + args.output + pixel * args.output_stride + channel);
    }
  }
}
#endif

// Any depthwise convolution, a number a work-item.
// Global sizes: filters, output width, rows of all images; dimension 0 may be rounded up.
#ifdef KERNEL_depthwise_mixed
kernel void depthwise_mixed(
  global const activation *restrict arena_in, global activation *restrict arena_out,
  global const float *restrict weights, global const float *restrict constants, pf_cl_depthwise args
) {
  int filter = get_global_id(0), x = get_global_id(1), row = get_global_id(2);
  if (filter >= args.filters) return;
  int place = filter / args.multiplier;
  if (args.indices >= 0) place = as_int(constants[args.indices + place]);
  int image = row / args.output_height, top = (row - image * args.output_height) * args.stride_height - args.pad_top;
  int left = x * args.stride_width - args.pad_left;

  float sum = 0;
  for (int i = 0; i < args.kernel_height; i++) {
    int sy = top + i * args.dilation_height;
    if (sy < 0 || sy >= args.input_height) continue;
    for (int j = 0; j < args.kernel_width; j++) {
      int sx = left + j * args.dilation_width;
      if (sx < 0 || sx >= args.input_width) continue;
      global const activation *pixel = arena_in + args.input
        + ((image * args.input_height + sy) * args.input_width + sx) * args.input_stride;
      float value = 0;
      if (args.mixing >= 0) {
        for (int c = 0; c < args.inputs; c++)
          value += READ_ONE(pixel + c) * constants[args.mixing + c * args.channels + place];
      } else {
        value = READ_ONE(pixel + place);
      }
      sum += value * weights[args.weights + (i * args.kernel_width + j) * args.filters + filter];
    }
  }

  int pixel = row * args.output_width + x;
  if (args.bias >= 0) sum += constants[args.bias + filter];
  if (args.residual >= 0) sum += READ_ONE(arena_in + args.residual + pixel * args.residual_stride + filter);
  WRITE_ONE(BOUNDED(sum, args.low, args.high), arena_out + args.output + pixel * args.output_stride + filter);
}
#endif

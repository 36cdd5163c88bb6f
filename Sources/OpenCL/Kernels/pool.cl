// A work-item computes VECTOR channels of a pixel; the last vector overlaps the one before, and what is computed twice
// comes out the same.
// Global sizes: ceil(channels / VECTOR), columns, rows of all images.
kernel WIDE_VECTORS
void pool(global const activation *restrict input, global activation *restrict output, pf_cl_pool args) {
  int channel = min((int)get_global_id(0) * VECTOR, args.channels - VECTOR), x = get_global_id(1),
      row = get_global_id(2);
  int image = row / args.output_height, y = row % args.output_height;
  int top = y * args.stride_height - args.pad_top, left = x * args.stride_width - args.pad_left;
  global const activation *source = input + args.input
    + image * args.input_height * args.input_width * args.input_stride + channel;
  VALUES largest = -INFINITY, sum = 0;
  int counted = 0;
  for (int i = 0; i < args.kernel_height; i++) {
    int sy = top + i * args.dilation_height;
    for (int j = 0; j < args.kernel_width; j++) {
      int sx = left + j * args.dilation_width;
      if (sy >= 0 && sy < args.input_height && sx >= 0 && sx < args.input_width) {
        VALUES value = READ(source + (sy * args.input_width + sx) * args.input_stride);
        largest = LARGER(largest, value);
        sum += value;
        counted++;
      } else if (args.include_pad && sy < args.input_height + args.pad_bottom
                 && sx < args.input_width + args.pad_right) {
        counted++;
      }
    }
  }
  VALUES result = MAXIMUM ? largest : counted > 0 ? sum / (VALUES)counted : (VALUES)0;
  WRITE(result, output + args.output + (row * args.output_width + x) * args.output_stride + channel);
}

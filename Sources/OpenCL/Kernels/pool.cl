// Global sizes: channels, columns, rows of all images.
kernel void pool(global const float *restrict input, global float *restrict output, pf_cl_pool args) {
  int channel = get_global_id(0), x = get_global_id(1), row = get_global_id(2);
  int image = row / args.output_height, y = row % args.output_height;
  int top = y * args.stride_height - args.pad_top, left = x * args.stride_width - args.pad_left;
  global const float *source = input + args.input + image * args.input_height * args.input_width * args.input_stride + channel;
  float largest = -INFINITY, sum = 0;
  int counted = 0;
  for (int i = 0; i < args.kernel_height; i++) {
    int sy = top + i * args.dilation_height;
    for (int j = 0; j < args.kernel_width; j++) {
      int sx = left + j * args.dilation_width;
      if (sy >= 0 && sy < args.input_height && sx >= 0 && sx < args.input_width) {
        float value = source[(sy * args.input_width + sx) * args.input_stride];
        largest = fmax(largest, value);
        sum += value;
        counted++;
      } else if (args.include_pad && sy < args.input_height + args.pad_bottom && sx < args.input_width + args.pad_right) {
        counted++;
      }
    }
  }
  output[args.output + (row * args.output_width + x) * args.output_stride + channel] = MAXIMUM ? largest : sum / counted;
}

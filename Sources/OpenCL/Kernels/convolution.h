// Arguments of the convolutions' kernels, passed by value: the same structs for C and for OpenCL C, of 32-bit numbers
// only. Offsets and steps are in elements, but for `weights`: also where those are half-precision numbers, it is an
// offset of 4 bytes each.
//
// Arguments of every kernel: what it reads, what it writes, what has the weights, what has other constants, and one of
// these structs. Either side is the arena or scratch memory, in parts that do not overlap. Where the arena has floats,
// the scratch memory is in it.

// z = the batch of a group or, in the product of a Winograd convolution, of a position: what it reads and writes is a
// step further on.
typedef struct pf_cl_convolution {
  int images, input_height, input_width, output_height, output_width;
  int channels, filters;       // of a batch
  int kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
  int input, output;           // into the arena
  int residual;                // into the arena, -1 for none
  int zeros;                   // into the arena: kernel_width · channels zeros, which padding reads
  int weights;
  int bias;                    // into the constants, -1 for none
  int input_stride, output_stride, residual_stride;               // from pixel to pixel
  int input_step, output_step, residual_step, weights_step, bias_step; // from batch to batch
  float low, high;
} pf_cl_convolution;

// Stride 1, no dilation. Tiles are numbered over images × rows × columns; `transformed` and `products` are in scratch
// memory: per group and position, tiles × channels and tiles × filters.
typedef struct pf_cl_winograd {
  int images, input_height, input_width, output_height, output_width;
  int groups, channels, filters; // of a group
  int pad_top, pad_left;
  int tile_rows, tile_columns;   // of an image
  int first_tile, tiles;         // of this launch, which alone the scratch has
  int input, output, residual, bias;
  int weights;                   // as in the file
  int transformed, products;
  int input_stride, output_stride, residual_stride;
  float low, high;
} pf_cl_winograd;

// Groups of one input channel, each of which `multiplier` outputs read. Weights are [kernel row][kernel column][output
// channel], never half-precision numbers.
typedef struct pf_cl_depthwise {
  int images, input_height, input_width, output_height, output_width;
  int filters, multiplier;     // outputs in all, and of a group
  int kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
  int input, output, residual, zeros;
  int weights, bias;
  int indices;                  // integers among the constants: of each group's channel; -1 where groups have them one
                               // after the other
  int mixing;                  // floats among the constants: channels are sums over `inputs` of the input,
                               // [input][channel]; -1 for none
  int inputs, channels;
  int input_stride, output_stride, residual_stride;
  float low, high;
} pf_cl_depthwise;

// Images of any layout put into rows of left + width + right pixels, the channels mixed to colors; zero outside of the
// image.
typedef struct pf_cl_mixing {
  int height, width, channels, colors; // of an image
  int left, padded_width;
  int input, output;
  int mixing;                  // floats among the constants, [channel][color], and 64 readable bytes after them; -1
                               // where colors are channels
  int image_step, row_step, pixel_step, channel_step; // of the input
} pf_cl_mixing;

// No dilation; the window's size and strides are options of the program.
typedef struct pf_cl_monochromatic {
  int images, input_height, padded_width, output_height, output_width;
  int filters, pad_top;
  int input, output, residual;
  int weights, bias;
  int indices;                  // integers among the constants: the color of each filter
  int output_stride, residual_stride;
  float low, high;
} pf_cl_monochromatic;

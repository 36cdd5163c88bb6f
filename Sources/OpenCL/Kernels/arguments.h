// Arguments of the kernels but for convolutions, passed by value: the same structs for C and for OpenCL C, of 32-bit
// numbers only. Offsets, steps and strides are in elements, whatever size those have. A tensor lies in the arena, or
// among the model's constants; which of the two is a kernel's argument.

#define PF_CL_AXES 6

// Elements of one tensor put where another has them: axes from the outermost to the innermost. The work is `sizes` of
// the last axis, of the one before it, and of all others together.
typedef struct pf_cl_walk {
  int input, output;
  int rank;
  int sizes[PF_CL_AXES], input_steps[PF_CL_AXES], output_steps[PF_CL_AXES];
} pf_cl_walk;

typedef struct pf_cl_fill {
  int output, count;
  float value;
} pf_cl_fill;

typedef struct pf_cl_exchange {
  int input, output, count;
} pf_cl_exchange;

// `indices` is where the indices, of 64 bits, lie.
typedef struct pf_cl_gather {
  int input, output, indices;
  int size, count;          // of the axis in the input and in the output
  int inner, outer;         // elements of an index of the axis, and how often the axis is gone through
} pf_cl_gather;

// Pixels × channels with a distance from pixel to pixel.
typedef struct pf_cl_unary {
  int input, output;
  int pixels, channels, input_stride, output_stride;
  float alpha, beta;
} pf_cl_unary;

typedef struct pf_cl_binary {
  pf_cl_walk left;          // its output is the result's
  int right;
  int right_steps[PF_CL_AXES];
  float low, high;
} pf_cl_binary;

typedef struct pf_cl_affine {
  int input, output, scale, shift;
  int pixels, channels;
  float low, high;
} pf_cl_affine;

typedef struct pf_cl_response {
  int input, output;
  int pixels, channels, size;
  float alpha, beta, bias;  // alpha is over the size already
} pf_cl_response;

typedef struct pf_cl_softmax {
  int input, output;
  int rows, count, inner;   // elements from one value of a row to the next
  int logarithm;
} pf_cl_softmax;

typedef struct pf_cl_reduction {
  int input, output;
  int outer, count, inner;
  int row_stride;           // from one value of a result to the next
} pf_cl_reduction;

typedef struct pf_cl_pool {
  int input, output;
  int images, channels, input_stride, output_stride;
  int input_height, input_width, output_height, output_width;
  int kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int pad_top, pad_left, pad_bottom, pad_right;
  int include_pad;
} pf_cl_pool;

// Which pixels of the input a row or column of the output is between is computed on the host: in double precision, as
// ONNX says.
typedef struct pf_cl_resize {
  int input, output;
  int images, channels, input_stride, output_stride;
  int input_height, input_width, output_height, output_width;
  int samples;              // of the rows and then of the columns: first, second, and the second's weight, as 32-bit
                            // words
} pf_cl_resize;

typedef struct pf_cl_product {
  int input, output, weights, bias; // bias -1: none
  int rows, depth, columns;
  int input_stride, output_stride;
  float low, high;
} pf_cl_product;

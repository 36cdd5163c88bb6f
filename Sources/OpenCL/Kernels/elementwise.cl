// Functions of one and of two arguments, with the numbers of pf_unary and pf_binary.

static float sigmoid(float x) {
  // The exponential of a negative number only: that of a positive one may overflow.
  float e = exp(-fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

static float softplus(float x) { return fmax(x, 0.0f) + log1p(exp(-fabs(x))); }

// fmin and fmax pass over a NaN; a clamp must not make a number of it.
static float bounded(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

#ifdef UNARY
static float function(float x, float alpha, float beta) {
#if UNARY == 1
  return bounded(x, 0, INFINITY);
#elif UNARY == 2
  return x < 0 ? alpha * x : x;
#elif UNARY == 3
  return bounded(x, alpha, beta);
#elif UNARY == 4
  return sigmoid(x);
#elif UNARY == 5
  return bounded(alpha * x + beta, 0, 1);
#elif UNARY == 6
  return x * bounded(x / 6 + 0.5f, 0, 1);
#elif UNARY == 7
  return tanh(x);
#elif UNARY == 8
  return x < 0 ? alpha * expm1(x) : x;
#elif UNARY == 9
  return beta * (x < 0 ? alpha * expm1(x) : x);
#elif UNARY == 10
  return softplus(x);
#elif UNARY == 11
  return x / (1 + fabs(x));
#elif UNARY == 12
  return x * tanh(softplus(x));
#elif UNARY == 13
  return 0.5f * x * (1 + erf(x * M_SQRT1_2_F));
#elif UNARY == 14
  return 0.5f * x * (1 + tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
#elif UNARY == 15
  return erf(x);
#elif UNARY == 16
  return sqrt(x);
#elif UNARY == 17
  return exp(x);
#elif UNARY == 18
  return log(x);
#elif UNARY == 19
  return fabs(x);
#elif UNARY == 20
  return -x;
#elif UNARY == 21
  return 1 / x;
#else
  return x;
#endif
}

// Global sizes: channels, pixels. The output may be the input.
kernel void unary(global const float *input, global float *output, pf_cl_unary args) {
  int channel = get_global_id(0), pixel = get_global_id(1);
  output[args.output + pixel * args.output_stride + channel] =
      function(input[args.input + pixel * args.input_stride + channel], args.alpha, args.beta);
}
#endif

#ifdef BINARY
static float function(float a, float b) {
#if BINARY == 1
  return a + b;
#elif BINARY == 2
  return a - b;
#elif BINARY == 3
  return a * b;
#elif BINARY == 4
  return a / b;
#elif BINARY == 5
  return pow(a, b);
#elif BINARY == 6
  return isnan(a) || a > b ? a : b;
#elif BINARY == 7
  return isnan(a) || a < b ? a : b;
#else
  return a < 0 ? a * b : a;
#endif
}

// Global sizes as in movement.cl. The output may be an input.
kernel void binary(global const float *left, global const float *right, global float *output, pf_cl_binary args) {
  int x = get_global_id(0), y = get_global_id(1), outer = get_global_id(2), last = args.left.rank - 1;
  int l = args.left.input + x * args.left.input_steps[last] + y * args.left.input_steps[last - 1];
  int r = args.right + x * args.right_steps[last] + y * args.right_steps[last - 1];
  int o = args.left.output + x * args.left.output_steps[last] + y * args.left.output_steps[last - 1];
  for (int axis = last - 2; axis >= 0; axis--) {
    int index = outer % args.left.sizes[axis];
    outer /= args.left.sizes[axis];
    l += index * args.left.input_steps[axis];
    r += index * args.right_steps[axis];
    o += index * args.left.output_steps[axis];
  }
  output[o] = bounded(function(left[l], right[r]), args.low, args.high);
}
#endif

// Global sizes: channels, pixels. The output may be the input.
kernel void scale_shift(global const float *input, global float *output, global const float *constants, pf_cl_scale_shift args) {
  int channel = get_global_id(0), i = get_global_id(1) * args.channels + channel;
  float value = input[args.input + i] * constants[args.scale + channel] + constants[args.shift + channel];
  output[args.output + i] = bounded(value, args.low, args.high);
}

// Functions of one and of two arguments, with the numbers of pf_unary and pf_binary. A work-item computes VECTOR
// elements, or what is left of a row. The output may be an input, so that no element is computed twice.

typedef union some_values {
  VALUES all;
  float each[VECTOR];
} some_values;

static VALUES load(global const activation *values, int count) {
  if (count >= VECTOR) return READ(values);
  some_values some;
  for (int i = 0; i < VECTOR; i++) some.each[i] = i < count ? READ_ONE(values + i) : 1;
  return some.all;
}

static VALUES load_constants(global const float *values, int count) {
  if (count >= VECTOR) return LOAD(values);
  some_values some;
  for (int i = 0; i < VECTOR; i++) some.each[i] = i < count ? values[i] : 1;
  return some.all;
}

static void store(VALUES values, global activation *output, int count) {
  if (count >= VECTOR) {
    WRITE(values, output);
  } else {
    some_values some;
    some.all = values;
    for (int i = 0; i < count; i++) WRITE_ONE(some.each[i], output + i);
  }
}

#ifdef KERNEL_unary
static VALUES sigmoid(VALUES x) {
  // The exponential of a negative number only: that of a positive one may overflow.
  VALUES e = exp(-fabs(x));
  return (x < 0.0f ? e : (VALUES)1) / (1.0f + e);
}

static VALUES softplus(VALUES x) { return fmax(x, (VALUES)0) + log1p(exp(-fabs(x))); }

static VALUES function(VALUES x, float alpha, float beta) {
#if UNARY == 1
  return AT_LEAST(x, (VALUES)0);
#elif UNARY == 2
  return x < 0.0f ? alpha * x : x;
#elif UNARY == 3
  return BOUNDED(x, (VALUES)alpha, (VALUES)beta);
#elif UNARY == 4
  return sigmoid(x);
#elif UNARY == 5
  VALUES y = alpha * x + beta;
  return BOUNDED(y, (VALUES)0, (VALUES)1);
#elif UNARY == 6
  VALUES y = x / 6.0f + 0.5f;
  return x * BOUNDED(y, (VALUES)0, (VALUES)1);
#elif UNARY == 7
  return tanh(x);
#elif UNARY == 8
  return x < 0.0f ? alpha * expm1(x) : x;
#elif UNARY == 9
  return beta * (x < 0.0f ? alpha * expm1(x) : x);
#elif UNARY == 10
  return softplus(x);
#elif UNARY == 11
  return x / (1.0f + fabs(x));
#elif UNARY == 12
  return x * tanh(softplus(x));
#elif UNARY == 13
  return 0.5f * x * (1.0f + erf(x * M_SQRT1_2_F));
#elif UNARY == 14
  return 0.5f * x * (1.0f + tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
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
  return 1.0f / x;
#elif UNARY == 22
  return x;
#else
#error "no such function of one argument"
#endif
}

// Global sizes: ceil(channels / VECTOR), pixels.
kernel WIDE_VECTORS
void unary(global const activation *input, global activation *output, pf_cl_unary args) {
  int channel = get_global_id(0) * VECTOR, pixel = get_global_id(1), count = args.channels - channel;
  VALUES x = load(input + args.input + pixel * args.input_stride + channel, count);
  store(function(x, args.alpha, args.beta), output + args.output + pixel * args.output_stride + channel, count);
}
#endif

#ifdef KERNEL_binary
static VALUES function(VALUES a, VALUES b) {
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
  return LARGER(a, b);
#elif BINARY == 7
  return SMALLER(a, b);
#elif BINARY == 8
  return a < 0.0f ? a * b : a;
#elif BINARY == 9
  return a == b ? (VALUES)1 : (VALUES)0;
#elif BINARY == 10
  return a < b ? (VALUES)1 : (VALUES)0;
#elif BINARY == 11
  return a <= b ? (VALUES)1 : (VALUES)0;
#else
  return a == 0.0f ? (VALUES)-0.0f : b;
#endif
}

// The innermost axis is one that an argument either has one value for, or goes along one by one.
static VALUES argument(global const activation *values, int step, int count) {
  return step == 0 ? (VALUES)READ_ONE(values) : load(values, count);
}

// Global sizes: ceil(innermost axis / VECTOR), the next one, all others together.
kernel WIDE_VECTORS
void binary(
  global const activation *left, global const activation *right, global activation *output, pf_cl_binary args
) {
  int x = get_global_id(0) * VECTOR, y = get_global_id(1), outer = get_global_id(2), last = args.left.rank - 1;
  int l = args.left.input + x * args.left.input_steps[last] + y * args.left.input_steps[last - 1];
  int r = args.right + x * args.right_steps[last] + y * args.right_steps[last - 1];
  int o = args.left.output + x + y * args.left.output_steps[last - 1];
  for (int axis = last - 2; axis >= 0; axis--) {
    int index = outer % args.left.sizes[axis];
    outer /= args.left.sizes[axis];
    l += index * args.left.input_steps[axis];
    r += index * args.right_steps[axis];
    o += index * args.left.output_steps[axis];
  }
  int count = args.left.sizes[last] - x;
  VALUES a = argument(left + l, args.left.input_steps[last], count),
         b = argument(right + r, args.right_steps[last], count);
  VALUES value = function(a, b), low = args.low, high = args.high;
  store(BOUNDED(value, low, high), output + o, count);
}
#endif

// Global sizes: ceil(channels / VECTOR), pixels.
#ifdef KERNEL_affine
kernel WIDE_VECTORS
void affine(
  global const activation *input, global activation *output, global const float *constants, pf_cl_affine args
) {
  int channel = get_global_id(0) * VECTOR, i = get_global_id(1) * args.channels + channel,
      count = args.channels - channel;
  VALUES scale = load_constants(constants + args.scale + channel, count),
         shift = load_constants(constants + args.shift + channel, count);
  VALUES value = load(input + args.input + i, count) * scale + shift;
  VALUES low = args.low, high = args.high;
  store(BOUNDED(value, low, high), output + args.output + i, count);
}
#endif

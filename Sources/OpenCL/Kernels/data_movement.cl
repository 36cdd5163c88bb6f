// Kernels that move elements, whatever is in them. Global sizes: the innermost axis, the next one, and all others
// together; any local size that divides them.

#ifdef HALF_ACTIVATIONS
typedef ushort element;
#if VECTOR == 1
#define ELEMENTS ushort
#else
#define ELEMENTS JOIN(ushort, VECTOR)
#endif
#else
typedef float element;
#define ELEMENTS VALUES
#endif

static int2 outer_offsets(const pf_cl_walk *walk, int outer) {
  int2 offset = (int2)(walk->input, walk->output);
  for (int axis = walk->rank - 3; axis >= 0; axis--) {
    int index = outer % walk->sizes[axis];
    outer /= walk->sizes[axis];
    offset += index * (int2)(walk->input_steps[axis], walk->output_steps[axis]);
  }
  return offset;
}

// A work-item copies VECTOR elements that are neighbours on both sides; with VECTOR 1, one that may not be so.
#ifdef KERNEL_copy
kernel void copy(global const element *input, global element *output, pf_cl_walk walk) {
  int x = get_global_id(0) * VECTOR, y = get_global_id(1), last = walk.rank - 1;
  int2 offset = outer_offsets(&walk, get_global_id(2));
  offset += y * (int2)(walk.input_steps[last - 1], walk.output_steps[last - 1]);
#if VECTOR == 1
  output[offset.y + x * walk.output_steps[last]] = input[offset.x + x * walk.input_steps[last]];
#else
  if (x + VECTOR <= walk.sizes[last]) {
    STORE(LOAD(input + offset.x + x), output + offset.y + x);
  } else {
    for (; x < walk.sizes[last]; x++) output[offset.y + x] = input[offset.x + x];
  }
#endif
}
#endif

// The two innermost axes swap places: the output goes along the innermost one by one, the input along the next. A
// work-item moves a block of VECTOR × VECTOR elements through registers, or what is left of it along the innermost;
// blocks of the next axis may overlap. With INNERMOST that is all of the innermost axis, shorter than a vector, as of
// an image's three channels, and the output has no gaps.
// Global sizes: ceil(innermost / VECTOR), ceil(next / VECTOR), all others together.
#ifdef KERNEL_transpose
kernel WIDE_VECTORS
void transpose(global const element *restrict input, global element *restrict output, pf_cl_walk walk) {
  int last = walk.rank - 1, x = get_global_id(0) * VECTOR,
      y = min((int)get_global_id(1) * VECTOR, walk.sizes[last - 1] - VECTOR);
  int2 offset = outer_offsets(&walk, get_global_id(2));
  global const element *from = input + offset.x + x * walk.input_steps[last] + y;
  global element *to = output + offset.y + x + y * walk.output_steps[last - 1];
#ifdef INNERMOST
  union { ELEMENTS all[INNERMOST]; element each[INNERMOST * VECTOR]; } lines;
#pragma unroll
  for (int i = 0; i < INNERMOST; i++) {
    union { ELEMENTS all; element each[VECTOR]; } line;
    line.all = LOAD(from + i * walk.input_steps[last]);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) lines.each[j * INNERMOST + i] = line.each[j];
  }
#pragma unroll
  for (int i = 0; i < INNERMOST; i++) STORE(lines.all[i], to + i * VECTOR);
#else
  union { ELEMENTS all; element each[VECTOR]; } block[VECTOR], line;
  if (x + VECTOR <= walk.sizes[last]) {
#pragma unroll
    for (int i = 0; i < VECTOR; i++) block[i].all = LOAD(from + i * walk.input_steps[last]);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
#pragma unroll
      for (int i = 0; i < VECTOR; i++) line.each[i] = block[i].each[j];
      STORE(line.all, to + j * walk.output_steps[last - 1]);
    }
  } else {
    int count = walk.sizes[last] - x;
    for (int i = 0; i < count; i++) block[i].all = LOAD(from + i * walk.input_steps[last]);
    for (int j = 0; j < VECTOR; j++) {
      for (int i = 0; i < count; i++) to[j * walk.output_steps[last - 1] + i] = block[i].each[j];
    }
  }
#endif
}
#endif

#ifdef KERNEL_fill
kernel void fill(global activation *output, pf_cl_fill args) {
  WRITE_ONE(args.value, output + args.output + get_global_id(0));
}
#endif

static int gathered(global const int *constants, const pf_cl_gather *args, int place) {
  int lower = constants[args->indices + 2 * place], upper = constants[args->indices + 2 * place + 1];
  int index = upper == lower >> 31 ? lower : upper < 0 ? INT_MIN : INT_MAX;
  return clamp(index < 0 ? index + args->size : index, 0, args->size - 1);
}

// Channels of pixels: VECTOR places for PIXELS pixels a work-item. The last of both overlap what comes before.
// Global sizes: ceil(places / VECTOR), ceil(times / PIXELS).
#ifdef KERNEL_gather_channels
kernel WIDE_VECTORS
void gather_channels(
  global const element *restrict input, global element *restrict output, global const int *constants, pf_cl_gather args
) {
  int place = min((int)get_global_id(0) * VECTOR, args.count - VECTOR), first = get_global_id(1) * PIXELS;
  int indices[VECTOR];
#pragma unroll
  for (int i = 0; i < VECTOR; i++) indices[i] = gathered(constants, &args, place + i);
  for (int pixel = first; pixel < min(first + PIXELS, args.outer); pixel++) {
    union { ELEMENTS all; element each[VECTOR]; } values;
#pragma unroll
    for (int i = 0; i < VECTOR; i++) values.each[i] = input[args.input + pixel * args.size + indices[i]];
    STORE(values.all, output + args.output + pixel * args.count + place);
  }
}
#endif

// Global sizes: elements of an index, places, times.
#ifdef KERNEL_gather
kernel void gather(
  global const element *input, global element *output, global const int *constants, pf_cl_gather args
) {
  int inner = get_global_id(0), place = get_global_id(1), outer = get_global_id(2);
  int index = gathered(constants, &args, place);
  output[args.output + (outer * args.count + place) * args.inner + inner] =
    input[args.input + (outer * args.size + index) * args.inner + inner];
}
#endif

// Global sizes: channels, columns, rows of all images.
#ifdef KERNEL_resize
kernel void resize(
  global const activation *input, global activation *output, global const int *samples, pf_cl_resize args
) {
  int channel = get_global_id(0), x = get_global_id(1), row = get_global_id(2);
  int image = row / args.output_height, y = row % args.output_height;
  global const int *vertical = samples + args.samples + 3 * y,
                   *horizontal = samples + args.samples + 3 * (args.output_height + x);
  global const activation *source = input + args.input
    + image * args.input_height * args.input_width * args.input_stride + channel;
#define PIXEL(y, x) READ_ONE(source + ((y) * args.input_width + (x)) * args.input_stride)
#ifdef LINEAR
  float lower = as_float(vertical[2]), right = as_float(horizontal[2]);
  float first = PIXEL(vertical[0], horizontal[0]) * (1 - right) + PIXEL(vertical[0], horizontal[1]) * right;
  float second = PIXEL(vertical[1], horizontal[0]) * (1 - right) + PIXEL(vertical[1], horizontal[1]) * right;
  float value = first * (1 - lower) + second * lower;
#else
  float value = PIXEL(vertical[0], horizontal[0]);
#endif
  WRITE_ONE(value, output + args.output + (row * args.output_width + x) * args.output_stride + channel);
}
#endif

// Activations from and to floats that the host has. Global size: ceil(count / VECTOR).
#ifdef KERNEL_take
kernel WIDE_VECTORS
void take(global const float *restrict input, global activation *restrict output, pf_cl_exchange args) {
  int first = get_global_id(0) * VECTOR;
  if (first + VECTOR <= args.count) {
    WRITE(LOAD(input + args.input + first), output + args.output + first);
  } else {
    for (int i = first; i < args.count; i++) WRITE_ONE(input[args.input + i], output + args.output + i);
  }
}
#endif

#ifdef KERNEL_give
kernel WIDE_VECTORS
void give(global const activation *restrict input, global float *restrict output, pf_cl_exchange args) {
  int first = get_global_id(0) * VECTOR;
  if (first + VECTOR <= args.count) {
    STORE(READ(input + args.input + first), output + args.output + first);
  } else {
    for (int i = first; i < args.count; i++) output[args.output + i] = READ_ONE(input + args.input + i);
  }
}
#endif

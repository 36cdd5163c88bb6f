// Normalisations and reductions.

// y = x / (bias + alpha · Σ x²)^beta over neighbouring channels; the last vector overlaps the one before. With beta
// ¾, as it mostly is, two square roots take the place of a power. Global sizes: ceil(channels / VECTOR), pixels.
//
// Beyond a pixel's channels are those of its neighbours, which are read and dropped; beyond the first and the last
// pixel, who knows what.
#ifdef KERNEL_response
constant int lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

kernel WIDE_VECTORS
void response(global const activation *restrict input, global activation *restrict output, pf_cl_response args) {
  int channel = min((int)get_global_id(0) * VECTOR, args.channels - VECTOR), pixel = get_global_id(1);
  global const activation *x = input + args.input + pixel * args.channels;
  VALUES sum = 0;
  for (int first = channel - (args.size - 1) / 2; first <= channel + args.size / 2; first++) {
    VALUES values;
    if (first >= 0 && first + VECTOR <= args.channels) {
      values = READ(x + first);
    } else if (pixel > 0 && pixel < args.pixels - 1 && args.size / 2 <= args.channels) {
#if VECTOR == 1
      values = 0;
#else
      JOIN(int, VECTOR) places = first + JOIN(vload, VECTOR)(0, lanes);
      values = places >= 0 && places < args.channels ? READ(x + first) : (VALUES)0;
#endif
    } else {
      union { VALUES all; float each[VECTOR]; } edge;
      for (int i = 0; i < VECTOR; i++)
        edge.each[i] = first + i >= 0 && first + i < args.channels ? READ_ONE(x + first + i) : 0;
      values = edge.all;
    }
    sum += values * values;
  }
  VALUES scale = args.bias + args.alpha * sum;
#ifdef THREE_QUARTERS
  VALUES root = sqrt(scale);
  VALUES divisor = root * sqrt(root);
#else
  VALUES divisor = pow(scale, (VALUES)args.beta);
#endif
  WRITE(READ(x + channel) / divisor, output + args.output + pixel * args.channels + channel);
}
#endif

// Global sizes: rows × LANES work-items, each group of LANES one row. The output may be the input.
#ifdef KERNEL_softmax
kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void softmax(global const activation *input, global activation *output, pf_cl_softmax args) {
  local float shared[LANES];
  int lane = get_local_id(0), row = get_group_id(0);
  int first = row / args.inner * args.count * args.inner + row % args.inner;
  global const activation *x = input + args.input + first;
  float largest = -INFINITY, sum = 0;
  for (int i = lane; i < args.count; i += LANES) largest = fmax(largest, READ_ONE(x + i * args.inner));
  shared[lane] = largest;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = 0; i < LANES; i++) largest = fmax(largest, shared[i]);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = lane; i < args.count; i += LANES) sum += exp(READ_ONE(x + i * args.inner) - largest);
  shared[lane] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  sum = 0;
  for (int i = 0; i < LANES; i++) sum += shared[i];
  float logarithm = log(sum);
  for (int i = lane; i < args.count; i += LANES) {
    float difference = READ_ONE(x + i * args.inner) - largest;
    WRITE_ONE(args.logarithm ? difference - logarithm : exp(difference) / sum,
              output + args.output + first + i * args.inner);
  }
}
#endif

// Global sizes: ceil(inner / VECTOR), outer; the last vector overlaps the one before. A sum of many numbers is
// compensated (Kahan), as its terms may be some thousands of pixels.
#ifdef KERNEL_reduce
kernel WIDE_VECTORS
void reduce(global const activation *restrict input, global activation *restrict output, pf_cl_reduction args) {
  int inner = min((int)get_global_id(0) * VECTOR, args.inner - VECTOR), outer = get_global_id(1);
  global const activation *x = input + args.input + outer * args.count * args.row_stride + inner;
#if REDUCTION <= 2
  VALUES sum = 0, lost = 0;
  for (int i = 0; i < args.count; i++) {
    VALUES term = READ(x + i * args.row_stride) - lost, next = sum + term;
    // Of an infinite sum nothing is lost.
    lost = isinf(next) ? (VALUES)0 : (next - sum) - term;
    sum = next;
  }
  VALUES result = REDUCTION == 1 ? sum / (VALUES)args.count : sum;
#else
  VALUES result = READ(x);
  for (int i = 1; i < args.count; i++) {
    VALUES value = READ(x + i * args.row_stride);
    result = REDUCTION == 3 ? LARGER(result, value) : REDUCTION == 4 ? SMALLER(result, value) : result * value;
  }
#endif
  WRITE(result, output + args.output + outer * args.inner + inner);
}
#endif

// A product of rows and weights in panels. A work-group computes VECTOR columns of a row: each of its LANES work-items
// sums over its share of the depth, and the first adds those up, in order. Global sizes: LANES, vectors of columns,
// rows; local: LANES, 1, 1.

#ifdef HALF_WEIGHTS
#define WEIGHTS(index) READ_HALVES(VECTOR, (global const half *)(weights + args.weights) + (index))
#else
#define WEIGHTS(index) LOAD(weights + args.weights + (index))
#endif

kernel WIDE_VECTORS __attribute__((reqd_work_group_size(LANES, 1, 1)))
void fully_connected(
  global const activation *restrict input, global activation *restrict output, global const float *restrict weights,
  pf_cl_product args
) {
  local VALUES sums[LANES];
  int lane = get_local_id(0), column = get_global_id(1) * VECTOR, row = get_global_id(2);
  int panel = column / PANEL, width = PANEL_STRIDE(args.columns - panel * PANEL);
  int base = panel * PANEL * args.depth + column % PANEL;
  global const activation *x = input + args.input + row * args.input_stride;
  // A share is a whole number of four values, for which there are four sums: a multiply-add waits for the one before
  // it.
  int share = (args.depth + 4 * LANES - 1) / (4 * LANES) * 4;
  int k = min(lane * share, args.depth), end = min(k + share, args.depth);
  VALUES s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (; k + 3 < end; k += 4) {
    s0 = (VALUES)READ_ONE(x + k) * WEIGHTS(base + k * width) + s0;
    s1 = (VALUES)READ_ONE(x + k + 1) * WEIGHTS(base + (k + 1) * width) + s1;
    s2 = (VALUES)READ_ONE(x + k + 2) * WEIGHTS(base + (k + 2) * width) + s2;
    s3 = (VALUES)READ_ONE(x + k + 3) * WEIGHTS(base + (k + 3) * width) + s3;
  }
  for (; k < end; k++) s0 = (VALUES)READ_ONE(x + k) * WEIGHTS(base + k * width) + s0;
  sums[lane] = (s0 + s1) + (s2 + s3);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (lane > 0) return;
  VALUES sum = sums[0];
  for (int i = 1; i < LANES; i++) sum += sums[i];
  union { VALUES all; float each[VECTOR]; } values = {sum};
  global activation *result = output + args.output + row * args.output_stride + column;
  for (int i = 0; i < VECTOR && column + i < args.columns; i++) {
    float value = values.each[i] + (args.bias < 0 ? 0 : weights[args.bias + column + i]);
    WRITE_ONE(BOUNDED(value, args.low, args.high), result + i);
  }
}

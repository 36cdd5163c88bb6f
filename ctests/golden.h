// What is beside a golden model: the contents of its inputs and outputs, one tensor after the other.
#ifndef GOLDEN_H
#define GOLDEN_H

#include "support.h"
#include <math.h>

static inline void read_beside(const char *model, const char *extension, tensors *tensors) {
  char path[4096];
  snprintf(path, sizeof path, "%.*s.%s", (int)(strlen(model) - strlen(".pfmodel")), model, extension);
  FILE *file = fopen(path, "rb");
  if (!file) exit(NOT_APPLICABLE);
  for (size_t i = 0; i < tensors->count; i++)
    CHECK(fread(tensors->data[i], 1, tensors->info[i].bytes, file) == tensors->info[i].bytes);
  CHECK(fgetc(file) == EOF);
  fclose(file);
}

// How far floats may be off, relative to an output's largest element: 84 units in the last place, for sums of a few
// hundred products, in any order, and functions that OpenCL allows to be 16 units off; and where activations have half
// precision, 16 of its roundoffs of 2^-11.
#define FLOAT_TOLERANCE 1e-5f
#define HALF_TOLERANCE 0x1p-7f
static float golden_tolerance = FLOAT_TOLERANCE;

// Integers are equal.
static inline int is_golden(const void *data, const void *expected, const pf_tensor_info *info) {
  if (info->type != PF_FLOAT32) return memcmp(data, expected, info->bytes) == 0;
  const float *is = data, *was = expected;
  // An element near 0 may be what is left of terms as large as the largest element, and carries their rounding.
  float largest = 1;
  for (size_t k = 0; k < info->bytes / sizeof(float); k++) largest = fmaxf(largest, fabsf(was[k]));
  for (size_t k = 0; k < info->bytes / sizeof(float); k++)
    if (!(fabsf(is[k] - was[k]) <= golden_tolerance * largest)) return 0;
  return 1;
}

#endif

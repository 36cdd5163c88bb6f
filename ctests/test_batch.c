// An image gives the same result alone and among others, within the rounding of sums taken in another order.
#include "support.h"
#include <math.h>

#define BATCH 3

static int is_batched(const pf_model *model) {
  pf_tensor_info info = PF_TENSOR_INFO_INIT;
  for (size_t i = 0; i < pf_model_input_count(model); i++)
    if (pf_model_input_info(model, i, &info) != PF_OK || info.rank == 0 || info.dims[0] != -1) return 0;
  return 1;
}

static void check_image(const pf_tensor_info *info, const void *batch, size_t image, const void *alone) {
  size_t bytes = info->bytes / BATCH;
  const char *part = (const char *)batch + image * bytes;
  if (info->type != PF_FLOAT32) {
    CHECK(memcmp(part, alone, bytes) == 0);
    return;
  }
  for (size_t k = 0; k < bytes / sizeof(float); k++) {
    float a = ((const float *)(const void *)part)[k], b = ((const float *)alone)[k];
    CHECK(fabsf(a - b) <= 1e-4f * fmaxf(1, fabsf(b)) || (isnan(a) && isnan(b)));
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  if (!is_batched(model)) {
    pf_model_close(model);
    return NOT_APPLICABLE;
  }
  pf_error error;
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.batch = BATCH;
  pf_session *three, *one = create_session(model, 1);
  CHECK_OK(pf_session_create(model, &options, &three, &error), error);
  tensors inputs = make_inputs(model, three, 1), outputs = make_outputs(model, three);
  tensors part = make_inputs(model, one, 1), alone = make_outputs(model, one);
  run_session(three, &inputs, &outputs);
  for (size_t image = 0; image < BATCH; image++) {
    for (size_t i = 0; i < inputs.count; i++) {
      CHECK(inputs.info[i].bytes == BATCH * part.info[i].bytes);
      memcpy(part.data[i], (char *)inputs.data[i] + image * part.info[i].bytes, part.info[i].bytes);
    }
    run_session(one, &part, &alone);
    for (size_t i = 0; i < outputs.count; i++)
      if (outputs.info[i].bytes == BATCH * alone.info[i].bytes)
        check_image(&outputs.info[i], outputs.data[i], image, alone.data[i]);
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
  free_tensors(&part);
  free_tensors(&alone);
  pf_session_destroy(one);
  pf_session_destroy(three);
  pf_model_close(model);
  return 0;
}

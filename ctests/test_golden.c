// Models that were written once, by any release since the format's first, still open and still give what they gave: MODEL, and beside it
// the contents of its inputs and outputs, one tensor after the other.
#include "support.h"
#include <math.h>

static void read_beside(const char *model, const char *extension, tensors *tensors) {
  char path[4096];
  snprintf(path, sizeof path, "%.*s.%s", (int)(strlen(model) - strlen(".pfmodel")), model, extension);
  FILE *file = fopen(path, "rb");
  if (!file) exit(NOT_APPLICABLE);
  for (size_t i = 0; i < tensors->count; i++) CHECK(fread(tensors->data[i], 1, tensors->info[i].bytes, file) == tensors->info[i].bytes);
  CHECK(fgetc(file) == EOF);
  fclose(file);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  pf_session *session = create_session(model, 2);
  tensors inputs = make_inputs(model, session, 0), outputs = make_outputs(model, session), expected = make_outputs(model, session);
  read_beside(argv[1], "inputs", &inputs);
  read_beside(argv[1], "outputs", &expected);
  run_session(session, &inputs, &outputs);
  for (size_t i = 0; i < outputs.count; i++) {
    if (outputs.info[i].type == PF_INT64) {
      CHECK(memcmp(outputs.data[i], expected.data[i], outputs.info[i].bytes) == 0);
      continue;
    }
    const float *is = outputs.data[i], *was = expected.data[i];
    // An element near 0 may be what is left of terms as large as the largest element, and carries their rounding.
    float largest = 1;
    for (size_t k = 0; k < outputs.info[i].bytes / sizeof(float); k++) largest = fmaxf(largest, fabsf(was[k]));
    for (size_t k = 0; k < outputs.info[i].bytes / sizeof(float); k++) CHECK(fabsf(is[k] - was[k]) <= 1e-5f * largest);
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
  free_tensors(&expected);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

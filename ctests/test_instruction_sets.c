// PREFACTOR_ISA chooses the kernels; all that this machine can run agree, and a name that is none is refused.
#include "support.h"
#include <math.h>

static void check_close(const tensors *a, const tensors *b) {
  for (size_t i = 0; i < a->count; i++) {
    if (a->info[i].type != PF_FLOAT32) {
      CHECK(memcmp(a->data[i], b->data[i], a->info[i].bytes) == 0);
      continue;
    }
    const float *x = a->data[i], *y = b->data[i];
    for (size_t k = 0; k < a->info[i].bytes / sizeof(float); k++)
      CHECK(fabsf(x[k] - y[k]) <= 1e-3f * fmaxf(1, fabsf(y[k])) || x[k] == y[k] || (isnan(x[k]) && isnan(y[k])));
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  pf_error error;
  setenv("PREFACTOR_ISA", "scalar", 1);
  tensors expected = outputs_of(model, 1, 1);
  const char *const sets[] = {"baseline", "avx2", "avx512", "neon"};
  int available = 0;
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
    setenv("PREFACTOR_ISA", sets[i], 1);
    pf_session *session;
    pf_status status = pf_session_create(model, NULL, &session, &error);
    CHECK(status == PF_OK || status == PF_ERROR_UNSUPPORTED);
    if (status != PF_OK) continue;
    pf_session_info info = PF_SESSION_INFO_INIT;
    CHECK(pf_session_get_info(session, &info) == PF_OK && strcmp(info.isa, sets[i]) == 0);
    pf_session_destroy(session);
    tensors outputs = outputs_of(model, 1, 1);
    check_close(&outputs, &expected);
    free_tensors(&outputs);
    available++;
  }
  CHECK(available > 0);
  setenv("PREFACTOR_ISA", "abacus", 1);
  pf_session *session;
  CHECK_FAILS(PF_ERROR_UNSUPPORTED, pf_session_create(model, NULL, &session, &error), error);
  free_tensors(&expected);
  pf_model_close(model);
  return 0;
}

// The same bits for any number of threads, and from run to run.
#include "support.h"

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  tensors expected = outputs_of(model, 1, 1);
  const int threads[] = {1, 2, 3, 8, 64};
  for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
    pf_session *session = create_session(model, threads[i]);
    tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
    for (int run = 0; run < 3; run++) {
      for (size_t k = 0; k < outputs.count; k++) memset(outputs.data[k], 0x55, outputs.info[k].bytes);
      run_session(session, &inputs, &outputs);
      CHECK(same_bits(&expected, &outputs));
    }
    free_tensors(&inputs);
    free_tensors(&outputs);
    pf_session_destroy(session);
  }
  free_tensors(&expected);
  pf_model_close(model);
  return 0;
}

// Runs a model on numbers that are the same on every processor, and writes the outputs: what networks give in an
// emulator is compared with what they give here. No test by itself: scripts/check-emulated runs it.
//
//     run_model MODEL OUTPUT [SIZE]      SIZE is of open heights and widths
#include "support.h"

int main(int argc, char **argv) {
  CHECK(argc == 3 || argc == 4);
  pf_error error;
  pf_model *model = open_model(argv[1]);
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 2;
  if (argc == 4) options.height = options.width = atoi(argv[3]);
  pf_session *session;
  CHECK_OK(pf_session_create(model, &options, &session, &error), error);
  tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
  run_session(session, &inputs, &outputs);
  FILE *file = fopen(argv[2], "wb");
  CHECK(file);
  for (size_t i = 0; i < outputs.count; i++) {
    CHECK(outputs.info[i].type == PF_FLOAT32);
    CHECK(fwrite(outputs.data[i], 1, outputs.info[i].bytes, file) == outputs.info[i].bytes);
  }
  CHECK(fclose(file) == 0);
  for (size_t i = 0; i < pf_session_step_count(session); i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    CHECK(pf_session_step_info(session, i, &step) == PF_OK);
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

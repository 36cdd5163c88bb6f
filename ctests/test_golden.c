// Models that were written once, by any release since the format's first, still open and still give what they gave.
#include "golden.h"

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  pf_session *session = create_session(model, 2);
  tensors inputs = make_inputs(model, session, 0), outputs = make_outputs(model, session),
          expected = make_outputs(model, session);
  read_beside(argv[1], "inputs", &inputs);
  read_beside(argv[1], "outputs", &expected);
  run_session(session, &inputs, &outputs);
  for (size_t i = 0; i < outputs.count; i++) CHECK(is_golden(outputs.data[i], expected.data[i], &outputs.info[i]));
  free_tensors(&inputs);
  free_tensors(&outputs);
  free_tensors(&expected);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

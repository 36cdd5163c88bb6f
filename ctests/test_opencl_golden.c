// An OpenCL device gives what the CPU gives, from run to run, in the session's buffers and in the caller's; in half
// precision too, but for its rounding.
#include "opencl.h"

int main(int argc, char **argv) {
  CHECK(argc == 2);
  use_double();
  golden golden = read_golden(argv[1]);
  pf_model *model = open_model(argv[1]);
  for (int way = 0; way < 3; way++) {
    pf_session_options options = opencl_options();
    options.low_memory = way == 1;
    options.half_precision = way == 2;
    golden_tolerance = options.half_precision ? HALF_TOLERANCE : FLOAT_TOLERANCE;
    pf_session *session = create_with(model, &options);
    pf_session_info info = PF_SESSION_INFO_INIT;
    CHECK(pf_session_get_info(session, &info) == PF_OK && strcmp(info.isa, "opencl") == 0);
    for (int run = 0; run < 2; run++) check_golden(session, &golden);
    pf_session_destroy(session);
    check_nothing_live();
  }
  pf_model_close(model);
  free_golden(&golden);
  return 0;
}

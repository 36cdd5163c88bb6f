// Times of steps, where they are asked for: of the last run, and of every step that does something.
#include "opencl.h"

static void check_times(const golden *golden, const char *path, int profile) {
  pf_model *model = open_model(path);
  pf_session_options options = opencl_options();
  options.profile = profile;
  pf_session *session = create_with(model, &options);
  for (int run = 0; run < 3; run++) check_golden(session, golden);
  CHECK(double_->live[OPENCL_EVENT] == 0);
  uint64_t total = 0;
  for (size_t i = 0; i < pf_session_step_count(session); i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    CHECK(pf_session_step_info(session, i, &step) == PF_OK);
    if (!does_something(&step) || !profile) CHECK(step.nanoseconds == 0);
    // A step may turn out to be in its place already.
    else if (step.nanoseconds == 0 && strcmp(step.kernel, "copy")) fail(__FILE__, __LINE__, "no time for", step.name);
    total += step.nanoseconds;
  }
  CHECK((total > 0) == profile);
  CHECK(total < 60000000000u);
  pf_session_destroy(session);
  pf_model_close(model);
  check_nothing_live();
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  use_double();
  golden golden = read_golden(argv[1]);
  check_times(&golden, argv[1], 1);
  check_times(&golden, argv[1], 0);
  free_golden(&golden);
  return 0;
}

// Drivers do not outlive a fork: a child is told so, can destroy what it has of its parent's, and computes on the CPU;
// the parent goes on.
#include "opencl.h"
#include <sys/wait.h>
#include <unistd.h>

static void use_in_child(pf_model *model, pf_session *session, const golden *golden) {
  pf_error error;
  CHECK_FAILS(PF_ERROR_BACKEND, pf_session_run(session, NULL, NULL, &error), error);
  CHECK(strstr(error.message, "fork"));
  pf_session_options options = opencl_options();
  pf_session *own;
  CHECK_FAILS(PF_ERROR_BACKEND, pf_session_create(model, &options, &own, &error), error);
  CHECK(!own && strstr(error.message, "fork"));
  options.cpu_fallback = 1;
  own = create_with(model, &options);
  check_golden(own, golden);
  pf_session_destroy(own);
  pf_session_destroy(session);
  pf_model_close(model);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  use_double();
  golden golden = read_golden(argv[1]);
  pf_model *model = open_model(argv[1]);
  pf_session_options options = opencl_options();
  pf_session *session = create_with(model, &options);
  check_golden(session, &golden);
  fflush(stderr);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    // One that hangs has failed.
    alarm(60);
    use_in_child(model, session, &golden);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  check_golden(session, &golden);
  pf_session_destroy(session);
  pf_model_close(model);
  check_nothing_live();
  free_golden(&golden);
  return 0;
}

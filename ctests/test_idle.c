// Between runs the threads of a session sleep.
#include "support.h"
#include <time.h>

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void sleep_milliseconds(long milliseconds) {
  struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, NULL);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  pf_session *session = create_session(model, 4);
  pf_error error;
  CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  sleep_milliseconds(50);
  double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
  sleep_milliseconds(200);
  CHECK(seconds(CLOCK_PROCESS_CPUTIME_ID) - before < 0.005);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

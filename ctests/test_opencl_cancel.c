// A run on a device that is cancelled, from another thread, between any two of its steps, leaves a session that can be
// run again.
#include "opencl.h"
#include <pthread.h>
#include <time.h>

typedef struct canceller { pf_session *session; int is_done; } canceller;

static void *keep_cancelling(void *argument) {
  canceller *self = argument;
  const struct timespec while_ = {0, 20000};
  while (!__atomic_load_n(&self->is_done, __ATOMIC_SEQ_CST)) {
    pf_session_cancel(self->session);
    nanosleep(&while_, NULL);
  }
  return NULL;
}

static void check_cancelling(const golden *golden, const char *path) {
  pf_model *model = open_model(path);
  pf_session_options options = opencl_options();
  pf_session *session = create_with(model, &options);
  // Nothing but views has no step to be cancelled at.
  size_t steps = 0;
  for (size_t i = 0; i < pf_session_step_count(session); i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    CHECK(pf_session_step_info(session, i, &step) == PF_OK);
    steps += does_something(&step);
  }
  canceller canceller = {session, 0};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, keep_cancelling, &canceller) == 0);
  int cancelled = 0, runs = 0;
  // On a busy machine the other thread may sleep through twenty.
  const time_t end = time(NULL) + 60;
  while (runs < 20 || (cancelled == 0 && steps > 0 && time(NULL) < end)) {
    pf_error error;
    pf_status status = runs++ % 2 ? run_in_given_buffers(session, golden, &error)
                                  : run_in_own_buffers(session, golden, &error);
    CHECK(status == PF_OK || status == PF_ERROR_CANCELLED);
    cancelled += status == PF_ERROR_CANCELLED;
  }
  __atomic_store_n(&canceller.is_done, 1, __ATOMIC_SEQ_CST);
  CHECK(pthread_join(thread, NULL) == 0);
  printf("%d of %d runs were cancelled\n", cancelled, runs);
  CHECK(cancelled > 0 || steps == 0);
  // Without a run to cancel.
  pf_session_cancel(session);
  check_golden(session, golden);
  pf_session_destroy(session);
  pf_model_close(model);
  check_nothing_live();
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  use_double();
  golden golden = read_golden(argv[1]);
  check_cancelling(&golden, argv[1]);
  free_golden(&golden);
  return 0;
}

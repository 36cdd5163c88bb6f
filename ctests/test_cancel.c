// A run ends soon after it has been cancelled, from another thread or a signal's handler, also in the middle of one
// long step; the session can be used again, and a cancellation without a run changes nothing.
#define _GNU_SOURCE
#include "model_writer.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct canceller { pf_session *session; atomic_int is_done; double first; } canceller;

static void *cancel_after_a_while(void *argument) {
  canceller *self = argument;
  const struct timespec while_ = {0, 50000000}, millisecond = {0, 1000000};
  nanosleep(&while_, NULL);
  self->first = now();
  // Before the run has begun there would be nothing to cancel.
  while (!self->is_done) {
    pf_session_cancel(self->session);
    nanosleep(&millisecond, NULL);
  }
  return NULL;
}

// Otherwise each of these would run for hours.
static void check_long_step(int32_t size, int32_t channels, uint32_t side, int threads) {
  size_t length;
  void *bytes = pool_model(size, channels, side, "bomb", &length);
  pf_error error;
  pf_model *model;
  CHECK_OK(pf_model_open_memory(bytes, length, NULL, &model, &error), error);
  pf_session *session = create_session(model, threads);
  for (int run = 0; run < 2; run++) {
    canceller canceller = {session, 0, 0};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancel_after_a_while, &canceller) == 0);
    CHECK_FAILS(PF_ERROR_CANCELLED, pf_session_run(session, NULL, NULL, &error), error);
    double end = now();
    CHECK(strstr(error.message, "bomb"));
    canceller.is_done = 1;
    pthread_join(thread, NULL);
    printf("%d x %d x %d, %d threads: %.2f ms after it was cancelled\n", size, size, channels, threads,
           1e3 * (end - canceller.first));
  }
  pf_session_destroy(session);
  pf_model_close(model);
  free(bytes);
}

static pf_session *interrupted;
static void handle(int signal) {
  (void)signal;
  pf_session_cancel(interrupted);
}

static void set_timer(long microseconds) {
  struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

// Wherever it is cancelled, what it computes when it is not is right.
static void check_reuse(pf_model *model, int threads) {
  tensors expected = outputs_of(model, 1, 1);
  pf_session *session = create_session(model, threads);
  tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  interrupted = session;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  int cancelled = 0;
  for (long run = 0; run < 20; run++) {
    pf_error error;
    set_timer(50 + 50 * run);
    pf_status status = pf_session_run(session, (const void *const *)inputs.data, outputs.data, &error);
    set_timer(0);
    CHECK(status == PF_OK || status == PF_ERROR_CANCELLED);
    if (status == PF_OK) CHECK(same_bits(&expected, &outputs));
    cancelled += status == PF_ERROR_CANCELLED;
    // Without a run to cancel.
    pf_session_cancel(session);
    run_session(session, &inputs, &outputs);
    CHECK(same_bits(&expected, &outputs));
  }
  printf("%d of 20 runs were cancelled\n", cancelled);
  free_tensors(&expected);
  free_tensors(&inputs);
  free_tensors(&outputs);
  pf_session_destroy(session);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_session_cancel(NULL);
  for (int threads = 1; threads <= 3; threads += 2) {
    pf_model *model = open_model(argv[1]);
    check_reuse(model, threads);
    pf_model_close(model);
    check_long_step(4095, 1, 2048, threads);
    check_long_step(1100, 40, 1024, threads);
  }
  return 0;
}

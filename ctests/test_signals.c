// The session's threads take no signals: those of the process wait for a thread of its own. The caller's mask is as
// before.
#include "support.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static pthread_t caller;
static volatile sig_atomic_t taken, taken_elsewhere;

static void take(int number) {
  taken = number;
  if (!pthread_equal(pthread_self(), caller)) taken_elsewhere = number;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  caller = pthread_self();
  sigset_t before, after;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &before) == 0);
  pf_session *session = create_session(model, 4);
  tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
  run_session(session, &inputs, &outputs);
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &after) == 0);
  for (int number = 1; number < 32; number++) CHECK(sigismember(&before, number) == sigismember(&after, number));

  const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGCHLD, SIGPROF, SIGIO, SIGPIPE, SIGRTMIN};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction action = {.sa_handler = take};
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, numbers[i]);
    CHECK(sigaction(numbers[i], &action, NULL) == 0 && pthread_sigmask(SIG_BLOCK, &one, NULL) == 0);
    taken = 0;
    // While the others sleep, and while they are awake.
    CHECK(kill(getpid(), numbers[i]) == 0);
    run_session(session, &inputs, &outputs);
    usleep(1000);
    CHECK(taken == 0 && sigpending(&one) == 0 && sigismember(&one, numbers[i]));
    sigemptyset(&one);
    sigaddset(&one, numbers[i]);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &one, NULL) == 0);
    CHECK(taken == numbers[i] && taken_elsewhere == 0);
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

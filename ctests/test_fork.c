// A child of fork goes on with its parent's models and sessions, on one thread, and can destroy them; also while the
// parent is running one.
#include "allocator.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pf_model *model;
static tensors expected;
static pid_t parent;

static void check_bits(pf_session *session) {
  tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
  for (int run = 0; run < 2; run++) {
    for (size_t k = 0; k < outputs.count; k++) memset(outputs.data[k], 0x55, outputs.info[k].bytes);
    run_session(session, &inputs, &outputs);
    CHECK(same_bits(&expected, &outputs));
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
}

static void check_child(void (*body)(void *), void *argument) {
  fflush(stderr);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    // One that hangs has failed.
    alarm(60);
    body(argument);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void use_and_destroy(void *session) {
  check_bits(session);
  pf_session *own = create_session(model, 3);
  check_bits(own);
  pf_session_destroy(own);
  pf_session_destroy(session);
  pf_model_close(model);
}

// The caller's pool may have lost its threads as well.
static void pool_of_parent(void *context, pf_job job, void *argument, size_t count) {
  (void)context;
  CHECK(getpid() == parent);
  for (size_t i = 0; i < count; i++) job(argument, i);
}

static int is_over;
static void *keep_running(void *session) {
  while (!__atomic_load_n(&is_over, __ATOMIC_SEQ_CST)) check_bits(session);
  return NULL;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  parent = getpid();
  counter counter = {0};
  pf_allocator allocator = counting_allocator(&counter);
  pf_model_options model_options = PF_MODEL_OPTIONS_INIT;
  model_options.allocator = &allocator;
  pf_error error;
  CHECK_OK(pf_model_open_file(argv[1], &model_options, &model, &error), error);
  expected = outputs_of(model, 1, 1);

  pf_session *session = create_session(model, 4);
  check_bits(session);
  check_child(use_and_destroy, session);
  check_bits(session);

  pf_session *pooled;
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 4;
  options.parallel_for = pool_of_parent;
  CHECK_OK(pf_session_create(model, &options, &pooled, &error), error);
  check_bits(pooled);
  check_child((void (*)(void *))check_bits, pooled);
  pf_session_destroy(pooled);

  pthread_t runner;
  CHECK(pthread_create(&runner, NULL, keep_running, session) == 0);
  for (int i = 0; i < 20; i++) check_child((void (*)(void *))check_bits, session);
  __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
  CHECK(pthread_join(runner, NULL) == 0);
  pf_session_destroy(session);
  pf_model_close(model);
  CHECK(counter.live == 0);
  return 0;
}

// Sessions of one model on one device have its weights and programs in common, also when threads make and run them at
// once.
#include "opencl.h"
#include <pthread.h>

#define WORKERS 2
#define LIVES 5

static pf_model *model;
static golden expected;

static void check_second_session(void) {
  pf_session_options options = opencl_options();
  watch();
  pf_session *first = create_with(model, &options);
  opencl_double one = *double_;
  pf_session *second = create_with(model, &options);
  opencl_double two = *double_;
  CHECK(two.live[OPENCL_CONTEXT] == 1 && two.live[OPENCL_QUEUE] == 2);
  CHECK(two.live[OPENCL_PROGRAM] == one.live[OPENCL_PROGRAM]);
  // Of its own it has the memory of its activations only, which is there from the first run of the other.
  CHECK(two.live[OPENCL_BUFFER] == one.live[OPENCL_BUFFER] + 1);
  pf_session_info info = PF_SESSION_INFO_INIT;
  CHECK(pf_session_get_info(second, &info) == PF_OK);
  size_t added = two.live_buffer_bytes - one.live_buffer_bytes;
  CHECK(added >= info.activation_bytes && added < one.live_buffer_bytes);

  check_golden(first, &expected);
  check_golden(second, &expected);
  // What they share outlives either of them.
  pf_session_destroy(first);
  check_golden(second, &expected);
  first = create_with(model, &options);
  pf_session_destroy(second);
  check_golden(first, &expected);
  pf_session_destroy(first);
  check_nothing_live();
}

static void *work(void *barrier) {
  for (int life = 0; life < LIVES; life++) {
    pf_session_options options = opencl_options();
    pthread_barrier_wait(barrier);
    pf_session *session = create_with(model, &options);
    pthread_barrier_wait(barrier);
    CHECK(double_->live[OPENCL_CONTEXT] == 1 && double_->live[OPENCL_QUEUE] == WORKERS);
    pthread_barrier_wait(barrier);
    check_golden(session, &expected);
    pf_session_destroy(session);
  }
  return NULL;
}

static void check_threads(void) {
  pthread_barrier_t barrier;
  pthread_t workers[WORKERS];
  CHECK(pthread_barrier_init(&barrier, NULL, WORKERS) == 0);
  for (int i = 0; i < WORKERS; i++) CHECK(pthread_create(&workers[i], NULL, work, &barrier) == 0);
  for (int i = 0; i < WORKERS; i++) CHECK(pthread_join(workers[i], NULL) == 0);
  pthread_barrier_destroy(&barrier);
  check_nothing_live();
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  use_double();
  expected = read_golden(argv[1]);
  model = open_model(argv[1]);
  check_second_session();
  check_threads();
  pf_model_close(model);
  free_golden(&expected);
  return 0;
}

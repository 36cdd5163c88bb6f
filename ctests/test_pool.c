// A pool of the caller's does the work instead of threads of the library's: the same bits in whatever order, and on
// whatever threads.
#include "tasks.h"
#include <pthread.h>

typedef struct pool {
  enum { FORWARDS, BACKWARDS, ON_THREADS } order;
  size_t most, calls;
} pool;

typedef struct call { pf_job job; void *argument; size_t index; } call;

static void *do_call(void *argument) {
  call *call = argument;
  call->job(call->argument, call->index);
  return NULL;
}

static void parallel_for(void *context, pf_job job, void *argument, size_t count) {
  pool *pool = context;
  pthread_t threads[64];
  call calls[64];
  CHECK(count >= 1 && count <= pool->most);
  pool->calls++;
  for (size_t i = 0; i < count; i++) {
    calls[i] = (call){job, argument, pool->order == FORWARDS ? i : count - 1 - i};
    if (pool->order == ON_THREADS) CHECK(pthread_create(&threads[i], NULL, do_call, &calls[i]) == 0);
    else do_call(&calls[i]);
  }
  for (size_t i = 0; i < count && pool->order == ON_THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  tensors expected = outputs_of(model, 1, 1);
  size_t calls = 0;
  for (int order = FORWARDS; order <= ON_THREADS; order++) {
    for (int32_t threads = 0; threads <= 5; threads++) {
      pool pool = {order, threads ? (size_t)threads : 64, 0};
      pf_session_options options = PF_SESSION_OPTIONS_INIT;
      options.threads = threads;
      options.parallel_for = parallel_for;
      options.parallel_for_context = &pool;
      const tasks before = tasks_beside(NULL);
      pf_error error;
      pf_session *session;
      CHECK_OK(pf_session_create(model, &options, &session, &error), error);
      pf_session_info info = PF_SESSION_INFO_INIT;
      CHECK(pf_session_get_info(session, &info) == PF_OK && (threads == 0 || info.threads == threads));
      tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
      for (int run = 0; run < 2; run++) {
        run_session(session, &inputs, &outputs);
        CHECK(same_bits(&expected, &outputs));
      }
      // A thread that has been joined may still be seen for a moment.
      if (order != ON_THREADS) CHECK(tasks_beside(&before).count == 0);
      calls += pool.calls;
      free_tensors(&inputs);
      free_tensors(&outputs);
      pf_session_destroy(session);
    }
  }
  printf("%zu calls\n", calls);
  free_tensors(&expected);
  pf_model_close(model);
  return 0;
}

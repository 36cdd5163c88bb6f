// Sessions of one model on several threads at once do not disturb each other.
#include "support.h"
#include <pthread.h>

#define WORKERS 3
#define RUNS 20

typedef struct worker {
  pthread_t thread;
  pf_model *model;
  int number;
} worker;

static void *work(void *context) {
  worker *worker = context;
  uint64_t seed = 1 + (uint64_t)worker->number;
  tensors expected = outputs_of(worker->model, 1, seed);
  pf_session *session = create_session(worker->model, 1 + worker->number % 2);
  tensors inputs = make_inputs(worker->model, session, seed), outputs = make_outputs(worker->model, session);
  for (int run = 0; run < RUNS; run++) {
    run_session(session, &inputs, &outputs);
    CHECK(same_bits(&expected, &outputs));
  }
  free_tensors(&inputs);
  free_tensors(&outputs);
  free_tensors(&expected);
  pf_session_destroy(session);
  return NULL;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  worker workers[WORKERS];
  for (int i = 0; i < WORKERS; i++) {
    workers[i].model = model;
    workers[i].number = i;
    CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
  }
  for (int i = 0; i < WORKERS; i++) CHECK(pthread_join(workers[i].thread, NULL) == 0);
  pf_model_close(model);
  return 0;
}

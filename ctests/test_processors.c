// Threads keep to the processors that they are given, and 0 threads are as many as the caller may run on processors.
#define _GNU_SOURCE
#include "model_writer.h"
#include "tasks.h"
#include <sched.h>

static pf_model *model;

// Those that any of the tasks may run on.
static cpu_set_t processors_of(const tasks *tasks) {
  cpu_set_t all, one;
  CPU_ZERO(&all);
  for (size_t i = 0; i < tasks->count; i++) {
    CHECK(sched_getaffinity((pid_t)tasks->numbers[i], sizeof one, &one) == 0);
    CPU_OR(&all, &all, &one);
  }
  return all;
}

// The session's number of threads, and the processors that its workers may run on after a run.
static int32_t threads_of(const pf_session_options *options, cpu_set_t *workers) {
  pf_error error;
  pf_session *session;
  pf_session_info info = PF_SESSION_INFO_INIT;
  const tasks before = tasks_beside(NULL);
  cpu_set_t own, later;
  CHECK(sched_getaffinity(0, sizeof own, &own) == 0);
  CHECK_OK(pf_session_create(model, options, &session, &error), error);
  CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  CHECK(sched_getaffinity(0, sizeof later, &later) == 0 && CPU_EQUAL(&own, &later));
  CHECK(pf_session_get_info(session, &info) == PF_OK);
  const tasks started = tasks_beside(&before);
  CHECK(started.count == (size_t)info.threads - 1);
  *workers = processors_of(&started);
  pf_session_destroy(session);
  return info.threads;
}

// Workers follow the calling thread from one run to the next, of a network that is large enough for them to be woken.
static void check_following(const cpu_set_t *all, const cpu_set_t *one) {
  size_t length;
  void *bytes = pool_model(1024, 1, 3, "pool", &length);
  pf_error error;
  pf_model *large;
  CHECK_OK(pf_model_open_memory(bytes, length, NULL, &large, &error), error);
  const tasks before = tasks_beside(NULL);
  pf_session *session = create_session(large, 3);
  const tasks started = tasks_beside(&before);
  const cpu_set_t *const sets[] = {one, all, one};
  // They keep off the caller's processor where there are two others for the two of them.
  const int least = CPU_COUNT(all) > 2 ? CPU_COUNT(all) - 1 : CPU_COUNT(all);
  for (int i = 0; i < 3; i++) {
    CHECK(sched_setaffinity(0, sizeof *sets[i], sets[i]) == 0);
    CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
    const cpu_set_t workers = processors_of(&started);
    CHECK(i == 1 ? CPU_COUNT(&workers) >= least : CPU_EQUAL(&workers, one));
  }
  CHECK(sched_setaffinity(0, sizeof *all, all) == 0);
  pf_session_destroy(session);
  pf_model_close(large);
  free(bytes);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  model = open_model(argv[1]);
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  cpu_set_t all, workers, wanted;
  CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
  int count = CPU_COUNT(&all), last = -1;
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &all)) last = i;

  // A quota may allow fewer.
  CHECK(threads_of(&options, &workers) <= count);
  CPU_ZERO(&wanted);
  CPU_SET(last, &wanted);
  CHECK(sched_setaffinity(0, sizeof wanted, &wanted) == 0);
  CHECK(threads_of(&options, &workers) == 1);
  options.threads = 3;
  CHECK(threads_of(&options, &workers) == 3 && CPU_EQUAL(&workers, &wanted));

  check_following(&all, &wanted);
  // Wherever the caller runs.
  const int32_t numbers[] = {last, last};
  options.cpus = numbers;
  options.cpu_count = 1;
  CHECK(threads_of(&options, &workers) == 3 && CPU_EQUAL(&workers, &wanted));
  options.threads = 0;
  CHECK(threads_of(&options, &workers) == 1);
  options.cpu_count = 2;
  CHECK(threads_of(&options, &workers) <= 2);

  pf_error error;
  pf_session *session;
  options.cpu_count = 0;
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_create(model, &options, &session, &error), error);
  options.cpu_count = 1;
  const int32_t none[] = {-1, 8192, INT32_MAX, 8191};
  for (int i = 0; i < 4; i++) {
    options.cpus = &none[i];
    pf_status expected = i < 3 ? PF_ERROR_INVALID_ARGUMENT : PF_ERROR_THREAD;
    CHECK_FAILS(expected, pf_session_create(model, &options, &session, &error), error);
    CHECK(session == NULL && sched_getaffinity(0, sizeof wanted, &wanted) == 0 && CPU_EQUAL(&wanted, &all));
  }
  pf_model_close(model);
  return 0;
}

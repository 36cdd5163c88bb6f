// Every allocation may fail: the status says so, nothing leaks, nothing crashes.
#include "allocator.h"

static void *model_bytes;
static size_t model_length;

static pf_status open_from_file(const char *path, const pf_model_options *options, pf_model **model, pf_error *error) {
  return pf_model_open_file(path, options, model, error);
}

static pf_status open_from_memory(
    const char *path, const pf_model_options *options, pf_model **model, pf_error *error) {
  (void)path;
  return pf_model_open_memory(model_bytes, model_length, options, model, error);
}

typedef pf_status open_function(const char *path, const pf_model_options *options, pf_model **model, pf_error *error);

// All that a program does with a model; the status of what failed first.
static pf_status live(open_function *open, const char *path, const pf_allocator *allocator) {
  pf_error error;
  pf_model *model;
  pf_session *session;
  size_t bytes;
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.allocator = allocator;
  pf_status status = open(path, &options, &model, &error);
  if (status == PF_OK) {
    pf_session_options session_options = PF_SESSION_OPTIONS_INIT;
    session_options.threads = 2;
    status = pf_session_memory_required(model, &session_options, &bytes, &error);
    if (status == PF_OK) status = pf_session_create(model, &session_options, &session, &error);
    if (status == PF_OK) {
      CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
      pf_session_destroy(session);
    }
  } else {
    CHECK(model == NULL);
  }
  CHECK(error.status == status && !error.message[0] == (status == PF_OK));
  pf_model_close(model);
  return status;
}

static void fail_each_allocation(open_function *open, const char *path) {
  counter counter = {0};
  do {
    counter = (struct counter){.failing_allocation = counter.failing_allocation + 1};
    pf_allocator allocator = counting_allocator(&counter);
    int failed = live(open, path, &allocator) == PF_ERROR_OUT_OF_MEMORY;
    CHECK(failed == (counter.allocations >= counter.failing_allocation));
    CHECK(counter.live == 0);
  } while (counter.allocations >= counter.failing_allocation);
  CHECK(counter.failing_allocation > 3);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  fail_each_allocation(open_from_file, argv[1]);
  model_bytes = read_file(argv[1], &model_length);
  fail_each_allocation(open_from_memory, argv[1]);
  free(model_bytes);
  return 0;
}

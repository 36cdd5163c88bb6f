// Every allocation may fail: the status says so, nothing leaks, nothing crashes.
#include "allocator.h"
#include "guarded.h"

static void *model_bytes;
static size_t model_length;

static pf_status open_from_file(const char *path, const pf_model_options *options, pf_model **model, pf_error *error) {
  return pf_model_open_file(path, options, model, error);
}

static pf_status open_from_memory(const char *path, const pf_model_options *options, pf_model **model, pf_error *error) {
  (void)path;
  return pf_model_open_memory(model_bytes, model_length, options, model, error);
}

typedef pf_status open_function(const char *path, const pf_model_options *options, pf_model **model, pf_error *error);

static void live(open_function *open, const char *path, const pf_allocator *allocator, pf_status *status) {
  pf_error error;
  pf_model *model;
  pf_session *session;
  size_t bytes;
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.allocator = allocator;
  *status = open(path, &options, &model, &error);
  if (*status != PF_OK) {
    CHECK(model == NULL && error.status == *status && error.message[0]);
    return;
  }
  pf_session_options session_options = PF_SESSION_OPTIONS_INIT;
  session_options.threads = 2;
  *status = pf_session_memory_required(model, &session_options, &bytes, &error);
  if (*status == PF_OK) *status = pf_session_create(model, &session_options, &session, &error);
  if (*status == PF_OK) {
    CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
    pf_session_destroy(session);
  } else {
    CHECK(error.status == *status && error.message[0]);
  }
  pf_model_close(model);
}

static void fail_each_allocation(open_function *open, const char *path) {
  size_t calls;
  size_t failing_call = 0;
  do {
    counter counter = {0, 0, ++failing_call};
    pf_allocator allocator = counting_allocator(&counter);
    pf_status status;
    live(open, path, &allocator, &status);
    calls = counter.calls;
    CHECK(counter.live == 0);
    CHECK(status == (calls >= failing_call ? PF_ERROR_OUT_OF_MEMORY : PF_OK) || status == PF_OK);
    CHECK(failing_call > 1 || status == PF_ERROR_OUT_OF_MEMORY);
  } while (calls >= failing_call);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  fail_each_allocation(open_from_file, argv[1]);

  FILE *file = fopen(argv[1], "rb");
  CHECK(file && fseek(file, 0, SEEK_END) == 0);
  model_length = (size_t)ftell(file);
  rewind(file);
  model_bytes = aligned_alloc(64, (model_length + 63) / 64 * 64);
  CHECK(fread(model_bytes, 1, model_length, file) == model_length);
  fclose(file);
  fail_each_allocation(open_from_memory, argv[1]);
  free(model_bytes);
  return 0;
}

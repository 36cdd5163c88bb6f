// A session in one block of the caller's: as many bytes as it says are enough at every alignment, and no more than
// needed.
#include "allocator.h"
#include "guarded.h"

#define ALIGNMENT 64

static pf_session_options block_options(void *memory, size_t size) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 2;
  options.memory = memory;
  options.memory_size = size;
  return options;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_error error;
  counter counter = {0};
  pf_allocator allocator = counting_allocator(&counter);
  pf_model_options model_options = PF_MODEL_OPTIONS_INIT;
  model_options.allocator = &allocator;
  pf_model *model;
  CHECK_OK(pf_model_open_file(argv[1], &model_options, &model, &error), error);
  tensors expected = outputs_of(model, 2, 1);

  size_t bytes;
  pf_session_options options = block_options(NULL, 0);
  CHECK_OK(pf_session_memory_required(model, &options, &bytes, &error), error);
  size_t calls = counter.calls, refusals = 0;
  for (size_t shift = 0; shift < ALIGNMENT; shift++) {
    guarded memory = guarded_allocate(bytes + shift, AGAINST_PAGE_AFTER);
    options = block_options(memory.data, bytes);
    pf_session *session;
    CHECK_OK(pf_session_create(model, &options, &session, &error), error);
    tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
    run_session(session, &inputs, &outputs);
    CHECK(same_bits(&expected, &outputs));
    free_tensors(&inputs);
    free_tensors(&outputs);
    pf_session_destroy(session);
    CHECK(guarded_is_intact(&memory, bytes));

    options.memory_size = bytes - 1;
    pf_status status = pf_session_create(model, &options, &session, &error);
    CHECK(status == PF_OK || (status == PF_ERROR_OUT_OF_MEMORY && session == NULL && error.message[0]));
    if (status == PF_OK) pf_session_destroy(session); else refusals++;
    guarded_free(&memory);
  }
  CHECK(refusals > 0);

  char small[256];
  for (size_t size = 0; size <= sizeof small; size++) {
    options = block_options(small, size);
    pf_session *session = (pf_session *)small;
    CHECK_FAILS(PF_ERROR_OUT_OF_MEMORY, pf_session_create(model, &options, &session, &error), error);
    CHECK(session == NULL);
  }
  CHECK(counter.calls == calls);
  free_tensors(&expected);
  pf_model_close(model);
  CHECK(counter.live == 0);
  return 0;
}

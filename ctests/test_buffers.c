// The caller's buffers and the session's own give the same bits, in every mixture. The caller's inputs are only read,
// outputs are only written, and nothing beyond either is touched.
#include "guarded.h"

static tensors expected;

static void run_guarded(pf_session *session, const tensors *inputs, guarded_side side) {
  size_t outputs = expected.count;
  guarded *in = calloc(inputs->count + 1, sizeof *in), *out = calloc(outputs, sizeof *out);
  const void **in_data = calloc(inputs->count + 1, sizeof *in_data);
  void **out_data = calloc(outputs, sizeof *out_data);
  for (size_t i = 0; i < inputs->count; i++) {
    in[i] = guarded_allocate(inputs->info[i].bytes, side);
    memcpy(in[i].data, inputs->data[i], inputs->info[i].bytes);
    guarded_make_read_only(&in[i]);
    in_data[i] = in[i].data;
  }
  for (size_t i = 0; i < outputs; i++) {
    out[i] = guarded_allocate(expected.info[i].bytes, side);
    out_data[i] = out[i].data;
  }
  pf_error error;
  CHECK_OK(pf_session_run(session, in_data, out_data, &error), error);
  for (size_t i = 0; i < outputs; i++) {
    CHECK(guarded_is_intact(&out[i], expected.info[i].bytes));
    CHECK(memcmp(out[i].data, expected.data[i], expected.info[i].bytes) == 0);
    guarded_free(&out[i]);
  }
  for (size_t i = 0; i < inputs->count; i++) guarded_free(&in[i]);
  free(in);
  free(out);
  free(in_data);
  free(out_data);
}

// Every second tensor, from `first` on, is in the session's own buffer.
static void run_mixed(pf_session *session, const tensors *inputs, size_t first) {
  tensors outputs = {expected.count, expected.info, calloc(expected.count, sizeof(void *))};
  const void **in_data = calloc(inputs->count + 1, sizeof *in_data);
  for (size_t i = 0; i < inputs->count; i++) {
    in_data[i] = i % 2 == first ? NULL : inputs->data[i];
    if (!in_data[i]) memcpy(pf_session_input_buffer(session, i), inputs->data[i], inputs->info[i].bytes);
  }
  for (size_t i = 0; i < outputs.count; i++)
    outputs.data[i] = i % 2 == first ? NULL : malloc(outputs.info[i].bytes + 1);
  pf_error error;
  CHECK_OK(pf_session_run(session, in_data, outputs.data, &error), error);
  for (size_t i = 0; i < outputs.count; i++) {
    const void *data = outputs.data[i] ? outputs.data[i] : pf_session_output_buffer(session, i);
    CHECK(memcmp(data, expected.data[i], expected.info[i].bytes) == 0);
    free(outputs.data[i]);
  }
  free(outputs.data);
  free(in_data);
}

static void run_on_own_buffers(pf_session *session, const tensors *inputs) {
  for (size_t i = 0; i < inputs->count; i++) {
    void *buffer = pf_session_input_buffer(session, i);
    CHECK(buffer && (uintptr_t)buffer % 64 == 0);
    memcpy(buffer, inputs->data[i], inputs->info[i].bytes);
  }
  pf_error error;
  CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  for (size_t i = 0; i < expected.count; i++) {
    const void *buffer = pf_session_output_buffer(session, i);
    CHECK(buffer && (uintptr_t)buffer % 64 == 0);
    CHECK(memcmp(buffer, expected.data[i], expected.info[i].bytes) == 0);
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  expected = outputs_of(model, 1, 1);
  for (int threads = 1; threads <= 2; threads++) {
    pf_session *session = create_session(model, threads);
    tensors inputs = make_inputs(model, session, 1);
    run_guarded(session, &inputs, AGAINST_PAGE_AFTER);
    run_guarded(session, &inputs, AGAINST_PAGE_BEFORE);
    run_mixed(session, &inputs, 0);
    run_mixed(session, &inputs, 1);
    run_on_own_buffers(session, &inputs);
    free_tensors(&inputs);
    pf_session_destroy(session);
  }
  free_tensors(&expected);
  pf_model_close(model);
  return 0;
}

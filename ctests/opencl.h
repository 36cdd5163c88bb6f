// What the tests of OpenCL share. They run with the double as the OpenCL library, which the environment's
// PREFACTOR_OPENCL_LIBRARY names.
#ifndef OPENCL_H
#define OPENCL_H

#include "golden.h"
#include "opencl_double.h"

static opencl_double *double_;
static opencl_name_function *name_of_call;

// Exits where there is no device to test with.
static inline void use_double(void) {
  const char *path = getenv("PREFACTOR_OPENCL_LIBRARY");
  void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  opencl_double_function *state = library ? (opencl_double_function *)dlsym(library, "opencl_double_state") : NULL;
  name_of_call = library ? (opencl_name_function *)dlsym(library, "opencl_double_name") : NULL;
  if (!state || !name_of_call) fail(__FILE__, __LINE__, "PREFACTOR_OPENCL_LIBRARY", "is not the double");
  double_ = state();
  pf_error error;
  size_t count;
  CHECK_OK(pf_device_count(PF_BACKEND_OPENCL, &count, &error), error);
  if (count > 0) return;
  printf("skipped: there is no OpenCL device\n");
  exit(NOT_APPLICABLE);
}

// From now on the double counts anew, and fails as is asked afterwards.
static inline void watch(void) {
  opencl_double fresh = {0};
  memcpy(fresh.live, double_->live, sizeof fresh.live);
  fresh.live_buffer_bytes = double_->live_buffer_bytes;
  fresh.misuse = double_->misuse;
  *double_ = fresh;
}

static inline void check_nothing_live(void) {
  static const char *const kinds[] = {"contexts", "queues", "buffers", "programs", "kernels", "events", "mappings"};
  for (int kind = 0; kind < OPENCL_KINDS; kind++)
    if (double_->live[kind]) fail(__FILE__, __LINE__, "still alive:", kinds[kind]);
  if (double_->misuse) fail(__FILE__, __LINE__, "misuse:", double_->misuse);
}

static inline pf_session_options opencl_options(void) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1;
  options.backend = PF_BACKEND_OPENCL;
  return options;
}

static inline pf_session *create_with(pf_model *model, const pf_session_options *options) {
  pf_error error;
  pf_session *session;
  CHECK_OK(pf_session_create(model, options, &session, &error), error);
  return session;
}

static inline int does_something(const pf_step_info *step) {
  return strcmp(step->kernel, "view") && strcmp(step->kernel, "fused");
}

// Golden inputs, and the outputs that belong to them.
typedef struct golden {
  tensors inputs, outputs;
} golden;

static inline golden read_golden(const char *path) {
  pf_model *model = open_model(path);
  pf_session *session = create_session(model, 1);
  golden golden = {make_inputs(model, session, 0), make_outputs(model, session)};
  read_beside(path, "inputs", &golden.inputs);
  read_beside(path, "outputs", &golden.outputs);
  pf_session_destroy(session);
  pf_model_close(model);
  return golden;
}

static inline void free_golden(golden *golden) {
  free_tensors(&golden->inputs);
  free_tensors(&golden->outputs);
}

// Through the session's own buffers. The outputs are looked at where the run succeeds.
static inline pf_status run_in_own_buffers(pf_session *session, const golden *golden, pf_error *error) {
  for (size_t i = 0; i < golden->inputs.count; i++) {
    void *buffer = pf_session_input_buffer(session, i);
    if (buffer) memcpy(buffer, golden->inputs.data[i], golden->inputs.info[i].bytes);
  }
  pf_status status = pf_session_run(session, NULL, NULL, error);
  for (size_t i = 0; status == PF_OK && i < golden->outputs.count; i++) {
    const void *buffer = pf_session_output_buffer(session, i);
    CHECK(buffer && is_golden(buffer, golden->outputs.data[i], &golden->outputs.info[i]));
  }
  return status;
}

// Through memory of the test.
static inline pf_status run_in_given_buffers(pf_session *session, const golden *golden, pf_error *error) {
  tensors outputs = {golden->outputs.count, golden->outputs.info, calloc(golden->outputs.count, sizeof(void *))};
  for (size_t i = 0; i < outputs.count; i++) outputs.data[i] = calloc(1, outputs.info[i].bytes + 1);
  pf_status status = pf_session_run(session, (const void *const *)golden->inputs.data, outputs.data, error);
  for (size_t i = 0; i < outputs.count; i++) {
    if (status == PF_OK) CHECK(is_golden(outputs.data[i], golden->outputs.data[i], &outputs.info[i]));
    free(outputs.data[i]);
  }
  free(outputs.data);
  return status;
}

static inline void check_golden(pf_session *session, const golden *golden) {
  pf_error error;
  CHECK_OK(run_in_own_buffers(session, golden, &error), error);
  CHECK_OK(run_in_given_buffers(session, golden, &error), error);
}

#endif

// What the C tests share. Each test is one program for one promise, run on one model; it exits with 0, 1, or 77 where
// the promise says nothing about that model.
#ifndef SUPPORT_H
#define SUPPORT_H

#include <prefactor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_APPLICABLE 77

static inline void fail(const char *file, int line, const char *what, const char *message) {
  fprintf(stderr, "%s:%d: %s %s\n", file, line, what, message);
  exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition, ""))
#define CHECK_OK(call, error) ((call) == PF_OK ? (void)0 : fail(__FILE__, __LINE__, #call, (error).message))

// A failure has the status that is expected, in the error too, and a message that ends inside its buffer.
#define CHECK_FAILS(expected, call, error) \
  do { \
    memset(&(error), 0x55, sizeof(error)); \
    pf_status status_ = (call); \
    if (status_ != (expected)) fail(__FILE__, __LINE__, #call, pf_status_name(status_)); \
    CHECK((error).status == (expected)); \
    CHECK((error).message[0] != 0 && memchr((error).message, 0, sizeof (error).message)); \
  } while (0)

// The contents, aligned as a model has to be, with 64 bytes to spare.
static inline void *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  CHECK(file && fseek(file, 0, SEEK_END) == 0);
  *length = (size_t)ftell(file);
  rewind(file);
  void *bytes = aligned_alloc(64, (*length + 127) / 64 * 64);
  CHECK(bytes && fread(bytes, 1, *length, file) == *length);
  fclose(file);
  return bytes;
}

static inline pf_model *open_model(const char *path) {
  pf_error error;
  pf_model *model;
  CHECK_OK(pf_model_open_file(path, NULL, &model, &error), error);
  return model;
}

static inline pf_session *create_session(pf_model *model, int threads) {
  pf_error error;
  pf_session *session;
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = threads;
  CHECK_OK(pf_session_create(model, &options, &session, &error), error);
  return session;
}

// All inputs or all outputs of a session, in memory of the test.
typedef struct tensors {
  size_t count;
  pf_tensor_info *info;
  void **data;
} tensors;

static inline tensors make_tensors(const pf_session *session, size_t count,
                                   pf_status (*info)(const pf_session *, size_t, pf_tensor_info *)) {
  tensors result = {count, calloc(count + 1, sizeof(pf_tensor_info)), calloc(count + 1, sizeof(void *))};
  for (size_t i = 0; i < count; i++) {
    result.info[i].struct_size = sizeof(pf_tensor_info);
    CHECK(info(session, i, &result.info[i]) == PF_OK);
    result.data[i] = calloc(1, result.info[i].bytes + 1);
  }
  return result;
}

static inline tensors make_outputs(const pf_model *model, const pf_session *session) {
  return make_tensors(session, pf_model_output_count(model), pf_session_output_info);
}

static inline size_t element_size(pf_type type) {
  switch (type) {
  case PF_UINT8: case PF_INT8: return 1;
  case PF_FLOAT16: return 2;
  case PF_FLOAT32: case PF_INT32: return 4;
  case PF_INT64: return 8;
  }
  return 0;
}

// Numbers in -1 ... 1, small integers, or of other types any bytes, from a linear congruential generator.
static inline void fill(void *data, const pf_tensor_info *info, uint64_t *state) {
  size_t elements = info->bytes / (info->type == PF_INT64 ? 8 : info->type == PF_FLOAT32 ? 4 : 1);
  for (size_t i = 0; i < elements; i++) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    int32_t number = (int32_t)(*state >> 32);
    if (info->type == PF_INT64) ((int64_t *)data)[i] = number % 10;
    else if (info->type == PF_FLOAT32) ((float *)data)[i] = (float)number / 2147483648.0f;
    else ((uint8_t *)data)[i] = (uint8_t)number;
  }
}

static inline tensors make_inputs(const pf_model *model, const pf_session *session, uint64_t seed) {
  tensors result = make_tensors(session, pf_model_input_count(model), pf_session_input_info);
  for (size_t i = 0; i < result.count; i++) fill(result.data[i], &result.info[i], &seed);
  return result;
}

static inline void free_tensors(tensors *tensors) {
  for (size_t i = 0; i < tensors->count; i++) free(tensors->data[i]);
  free(tensors->data);
  free(tensors->info);
}

static inline void run_session(pf_session *session, const tensors *inputs, const tensors *outputs) {
  pf_error error;
  CHECK_OK(pf_session_run(session, (const void *const *)inputs->data, outputs->data, &error), error);
}

static inline int same_bits(const tensors *a, const tensors *b) {
  for (size_t i = 0; i < a->count; i++)
    if (a->info[i].bytes != b->info[i].bytes || memcmp(a->data[i], b->data[i], a->info[i].bytes)) return 0;
  return 1;
}

// The outputs of one run on inputs from `seed`.
static inline tensors outputs_of(pf_model *model, int threads, uint64_t seed) {
  pf_session *session = create_session(model, threads);
  tensors inputs = make_inputs(model, session, seed), outputs = make_outputs(model, session);
  run_session(session, &inputs, &outputs);
  free_tensors(&inputs);
  pf_session_destroy(session);
  return outputs;
}

#endif

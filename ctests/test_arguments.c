// NULL and numbers out of range, in every argument of every function: a status, never a crash.
#include "support.h"

static const size_t wrong_indices[] = {1000000, SIZE_MAX / 2, SIZE_MAX};

static void check_model_questions(const pf_model *model) {
  pf_tensor_info info = PF_TENSOR_INFO_INIT;
  pf_layer_info layer = PF_LAYER_INFO_INIT;
  CHECK(pf_model_input_info(model, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_output_info(model, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_layer_info(model, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_preprocessing(model, NULL) == PF_ERROR_INVALID_ARGUMENT);
  for (size_t i = 0; i < sizeof wrong_indices / sizeof *wrong_indices; i++) {
    size_t index = wrong_indices[i];
    memset(&info, 0x55, sizeof info);
    CHECK(pf_model_input_info(model, index, &info) == PF_ERROR_INVALID_ARGUMENT && info.name == NULL
          && info.bytes == 0);
    memset(&info, 0x55, sizeof info);
    CHECK(pf_model_output_info(model, index, &info) == PF_ERROR_INVALID_ARGUMENT && info.name == NULL
          && info.bytes == 0);
    memset(&layer, 0x55, sizeof layer);
    CHECK(pf_model_layer_info(model, index, &layer) == PF_ERROR_INVALID_ARGUMENT && layer.name == NULL);
    CHECK(pf_model_label(model, index) == NULL);
    CHECK(pf_model_metadata_key(model, index) == NULL && pf_model_metadata_value(model, index) == NULL);
  }
  CHECK(pf_model_label(model, pf_model_label_count(model)) == NULL);
  CHECK(pf_model_metadata_key(model, pf_model_metadata_count(model)) == NULL);
}

static void check_session_questions(pf_session *session) {
  pf_tensor_info info = PF_TENSOR_INFO_INIT;
  pf_step_info step = PF_STEP_INFO_INIT;
  CHECK(pf_session_input_info(session, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_output_info(session, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_step_info(session, 0, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_get_info(session, NULL) == PF_ERROR_INVALID_ARGUMENT);
  for (size_t i = 0; i < sizeof wrong_indices / sizeof *wrong_indices; i++) {
    size_t index = wrong_indices[i];
    CHECK(pf_session_input_info(session, index, &info) == PF_ERROR_INVALID_ARGUMENT && info.name == NULL);
    CHECK(pf_session_output_info(session, index, &info) == PF_ERROR_INVALID_ARGUMENT && info.name == NULL);
    CHECK(pf_session_step_info(session, index, &step) == PF_ERROR_INVALID_ARGUMENT && step.name == NULL);
    CHECK(pf_session_input_buffer(session, index) == NULL && pf_session_output_buffer(session, index) == NULL);
  }
}

static void check_null_handles(void) {
  pf_error error;
  pf_tensor_info tensor = PF_TENSOR_INFO_INIT;
  pf_layer_info layer = PF_LAYER_INFO_INIT;
  pf_preprocessing preprocessing = PF_PREPROCESSING_INIT;
  pf_session_info info = PF_SESSION_INFO_INIT;
  pf_step_info step = PF_STEP_INFO_INIT;
  size_t bytes = 1;
  pf_session *session = (pf_session *)&bytes;
  const uint8_t pixel[3] = {0, 0, 0};

  pf_model_close(NULL);
  CHECK(pf_model_input_count(NULL) == 0 && pf_model_output_count(NULL) == 0);
  CHECK(pf_model_input_info(NULL, 0, &tensor) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_output_info(NULL, 0, &tensor) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_label_count(NULL) == 0 && pf_model_label(NULL, 0) == NULL);
  CHECK(pf_model_metadata_count(NULL) == 0 && pf_model_metadata_key(NULL, 0) == NULL
        && pf_model_metadata_value(NULL, 0) == NULL);
  CHECK(pf_model_preprocessing(NULL, &preprocessing) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_layer_count(NULL) == 0 && pf_model_layer_info(NULL, 0, &layer) == PF_ERROR_INVALID_ARGUMENT);

  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_memory_required(NULL, NULL, &bytes, &error), error);
  CHECK(bytes == 0);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_create(NULL, NULL, &session, &error), error);
  CHECK(session == NULL);
  pf_session_destroy(NULL);
  CHECK(pf_session_input_info(NULL, 0, &tensor) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_output_info(NULL, 0, &tensor) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_input_buffer(NULL, 0) == NULL && pf_session_output_buffer(NULL, 0) == NULL);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_run(NULL, NULL, NULL, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_load_image(NULL, 0, 0, pixel, 1, 1, 3, &error), error);
  CHECK(pf_session_get_info(NULL, &info) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_session_step_count(NULL) == 0 && pf_session_step_info(NULL, 0, &step) == PF_ERROR_INVALID_ARGUMENT);
}

static void check_opening(const char *path) {
  pf_error error;
  pf_model *model = (pf_model *)&error;
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_file(NULL, NULL, &model, &error), error);
  CHECK(model == NULL);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_file(path, NULL, NULL, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_memory(NULL, 64, NULL, &model, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_memory(&error, SIZE_MAX, NULL, &model, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_memory(&error, 64, NULL, NULL, &error), error);
  CHECK(pf_model_open_file(NULL, NULL, NULL, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_model_open_memory(NULL, 0, NULL, NULL, NULL) == PF_ERROR_INVALID_ARGUMENT);

  pf_allocator half = {NULL, NULL, NULL};
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.allocator = &half;
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_model_open_file(path, &options, &model, &error), error);
}

static void check_creating(pf_model *model) {
  pf_error error;
  size_t bytes;
  pf_session *session;
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_memory_required(model, NULL, NULL, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_create(model, NULL, NULL, &error), error);

  const pf_session_options good = PF_SESSION_OPTIONS_INIT;
  pf_session_options bad[8];
  for (int i = 0; i < 8; i++) bad[i] = good;
  pf_allocator half = {NULL, NULL, NULL};
  bad[0].threads = -1;
  bad[1].threads = 65;
  bad[2].backend = 5;
  bad[3].batch = -1;
  bad[4].height = -5;
  bad[5].width = INT64_MAX;
  bad[6].struct_size = sizeof(size_t) - 1;
  bad[7].allocator = &half;
  for (int i = 0; i < 8; i++) {
    session = (pf_session *)&error;
    CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_create(model, &bad[i], &session, &error), error);
    CHECK(session == NULL);
    if (i == 7) continue; // asking for the number of bytes calls no allocator of the session
    bytes = 1;
    CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_session_memory_required(model, &bad[i], &bytes, &error), error);
    CHECK(bytes == 0);
  }
  pf_session_options opencl = good;
  opencl.backend = PF_BACKEND_OPENCL;
  opencl.device = "no such device";
#ifdef WITHOUT_OPENCL
  CHECK_FAILS(PF_ERROR_UNSUPPORTED, pf_session_create(model, &opencl, &session, &error), error);
  opencl.cpu_fallback = 1;
  CHECK_OK(pf_session_create(model, &opencl, &session, &error), error);
  pf_session_destroy(session);
#else
  CHECK_FAILS(PF_ERROR_BACKEND, pf_session_create(model, &opencl, &session, &error), error);
#endif
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  check_null_handles();
  check_opening(argv[1]);
  pf_model *model = open_model(argv[1]);
  check_model_questions(model);
  check_creating(model);

  pf_session *session = create_session(model, 1);
  check_session_questions(session);
  CHECK(pf_session_run(session, NULL, NULL, NULL) == PF_OK);
  pf_error error;
  memset(&error, 0x55, sizeof error);
  CHECK(pf_session_run(session, NULL, NULL, &error) == PF_OK && error.status == PF_OK && error.message[0] == 0);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}

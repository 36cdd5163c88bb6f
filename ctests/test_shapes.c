// A network takes the shapes that its file says, and no others.
#include "support.h"

static pf_model *model;

static pf_status create(int64_t batch, int64_t height, int64_t width, pf_error *error) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1;
  options.batch = batch;
  options.height = height;
  options.width = width;
  size_t bytes;
  pf_status required = pf_session_memory_required(model, &options, &bytes, error);
  // A session of gigabytes is allowed, but not what is tested here.
  if (required == PF_OK && bytes > (size_t)256 << 20) return PF_OK;
  pf_session *session;
  pf_status status = pf_session_create(model, &options, &session, error);
  CHECK(required == status);
  CHECK((status == PF_OK) == (session != NULL));
  pf_session_destroy(session);
  return status;
}

static void check_infos(void) {
  pf_session *session = create_session(model, 1);
  pf_tensor_info declared = PF_TENSOR_INFO_INIT, planned = PF_TENSOR_INFO_INIT;
  for (size_t i = 0; i < pf_model_input_count(model); i++) {
    CHECK(pf_model_input_info(model, i, &declared) == PF_OK && pf_session_input_info(session, i, &planned) == PF_OK);
    CHECK(strcmp(declared.name, planned.name) == 0 && declared.rank == planned.rank && declared.type == planned.type);
    size_t bytes = planned.type == PF_INT64 ? 8 : 4;
    for (int axis = 0; axis < planned.rank; axis++) {
      CHECK(planned.dims[axis] >= 0 && (declared.dims[axis] == -1 || declared.dims[axis] == planned.dims[axis]));
      bytes *= (size_t)planned.dims[axis];
      if (declared.dims[axis] == -1) CHECK(declared.bytes == 0);
    }
    CHECK(planned.bytes == bytes);
  }
  pf_session_destroy(session);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  model = open_model(argv[1]);
  check_infos();

  pf_error error;
  pf_tensor_info input = PF_TENSOR_INFO_INIT;
  CHECK(pf_model_input_info(model, 0, &input) == PF_OK);
  CHECK(create(0, 0, 0, &error) == PF_OK);
  if (input.rank > 0 && input.dims[0] != -1) CHECK_FAILS(PF_ERROR_SHAPE, create(input.dims[0] + 1, 0, 0, &error), error);
  if (input.rank == 4 && input.dims[2] != -1) CHECK_FAILS(PF_ERROR_SHAPE, create(0, input.dims[2] + 1, 0, &error), error);
  if (input.rank == 4 && input.dims[3] != -1) CHECK_FAILS(PF_ERROR_SHAPE, create(0, 0, input.dims[3] + 1, &error), error);

  const int64_t sizes[] = {1, 2, 7, 16, 33, 1000, 1 << 24};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    create(sizes[i], 0, 0, &error);
    create(0, sizes[i], 0, &error);
    create(0, 0, sizes[i], &error);
    create(sizes[i], sizes[i], sizes[i], &error);
  }
  pf_model_close(model);
  return 0;
}

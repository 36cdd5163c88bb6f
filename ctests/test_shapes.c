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
    size_t bytes = element_size(planned.type);
    for (int axis = 0; axis < planned.rank; axis++) {
      CHECK(planned.dims[axis] >= 0 && (declared.dims[axis] == -1 || declared.dims[axis] == planned.dims[axis]));
      bytes *= (size_t)planned.dims[axis];
      if (declared.dims[axis] == -1) CHECK(declared.bytes == 0);
      // What is open has a name, also when its size is known.
      CHECK((declared.dims[axis] == -1) == (declared.dim_names[axis] != NULL));
      CHECK(declared.dim_names[axis] == planned.dim_names[axis]);
    }
    CHECK(planned.bytes == bytes);
  }
  pf_session_destroy(session);
}

// A session with these shapes of all inputs, or NULL.
static pf_session *create_shaped(const pf_input_shape *shapes, size_t count, pf_status expected) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1;
  options.input_shapes = shapes;
  options.input_shape_count = count;
  pf_session *session = NULL;
  pf_error error;
  if (expected == PF_OK) CHECK_OK(pf_session_create(model, &options, &session, &error), error);
  else CHECK_FAILS(expected, pf_session_create(model, &options, &session, &error), error);
  return session;
}

static void check_input_shapes(void) {
  size_t count = pf_model_input_count(model);
  pf_input_shape *shapes = calloc(count + 1, sizeof *shapes);
  pf_session *session = create_session(model, 1);
  // Nothing said of the inputs, and all that is known.
  pf_session_destroy(create_shaped(shapes, count, PF_OK));
  for (size_t i = 0; i < count; i++) {
    pf_tensor_info info = PF_TENSOR_INFO_INIT;
    CHECK(pf_session_input_info(session, i, &info) == PF_OK);
    shapes[i].rank = info.rank;
    memcpy(shapes[i].dims, info.dims, sizeof info.dims);
  }
  pf_session_destroy(session);
  pf_session_destroy(create_shaped(shapes, count, PF_OK));

  for (size_t i = 0; i < count; i++) {
    pf_tensor_info declared = PF_TENSOR_INFO_INIT, planned = PF_TENSOR_INFO_INIT;
    CHECK(pf_model_input_info(model, i, &declared) == PF_OK);
    pf_input_shape kept = shapes[i];
    for (int axis = 0; axis < declared.rank; axis++) {
      shapes[i].dims[axis] = -1;
      pf_session_destroy(create_shaped(shapes, count, PF_OK));
      shapes[i].dims[axis] = kept.dims[axis] + 1;
      if (declared.dims[axis] >= 0) {
        create_shaped(shapes, count, PF_ERROR_SHAPE);
      } else if (count == 1) {
        session = create_shaped(shapes, count, PF_OK);
        CHECK(pf_session_input_info(session, i, &planned) == PF_OK && planned.dims[axis] == kept.dims[axis] + 1);
        pf_session_destroy(session);
        shapes[i].dims[axis] = INT64_MAX;
        create_shaped(shapes, count, PF_ERROR_INVALID_ARGUMENT);
      }
      shapes[i] = kept;
    }
    shapes[i].rank = declared.rank == 1 ? 2 : 1;
    create_shaped(shapes, count, PF_ERROR_SHAPE);
    shapes[i].rank = PF_MAX_RANK + 1;
    create_shaped(shapes, count, PF_ERROR_INVALID_ARGUMENT);
    shapes[i].rank = -1;
    create_shaped(shapes, count, PF_ERROR_INVALID_ARGUMENT);
    shapes[i] = kept;
  }
  create_shaped(shapes, count + 1, PF_ERROR_INVALID_ARGUMENT);
  create_shaped(shapes, SIZE_MAX, PF_ERROR_INVALID_ARGUMENT);
  free(shapes);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  model = open_model(argv[1]);
  check_infos();
  check_input_shapes();

  pf_error error;
  pf_tensor_info input = PF_TENSOR_INFO_INIT;
  CHECK(pf_model_input_info(model, 0, &input) == PF_OK);
  CHECK(create(0, 0, 0, &error) == PF_OK);
  if (input.rank > 0 && input.dims[0] != -1)
    CHECK_FAILS(PF_ERROR_SHAPE, create(input.dims[0] + 1, 0, 0, &error), error);
  pf_preprocessing preprocessing = PF_PREPROCESSING_INIT;
  int height =
    pf_model_preprocessing(model, &preprocessing) == PF_OK && preprocessing.layout == PF_LAYOUT_CHANNELS_LAST ? 1 : 2;
  if (input.rank == 4 && input.dims[height] != -1)
    CHECK_FAILS(PF_ERROR_SHAPE, create(0, input.dims[height] + 1, 0, &error), error);
  if (input.rank == 4 && input.dims[height + 1] != -1)
    CHECK_FAILS(PF_ERROR_SHAPE, create(0, 0, input.dims[height + 1] + 1, &error), error);

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

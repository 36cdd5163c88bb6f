/* What scripts/check-open-sizes calls, with flat arguments: it follows the header, whatever the structs are. */
#include "prefactor.h"

#include <stdio.h>
#include <string.h>

static pf_error error;

const char *open_sizes_message(void) { return error.message; }

pf_model *open_sizes_model(const char *path) {
  pf_model *model = NULL;
  return pf_model_open_file(path, NULL, &model, &error) == PF_OK ? model : NULL;
}

void open_sizes_close(pf_model *model) { pf_model_close(model); }

/* A session for these dimensions of each input, `ranks[i]` for input i, one after the other. */
pf_session *open_sizes_session(pf_model *model, const int32_t *ranks, const int64_t *dims) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  pf_input_shape shapes[8];
  size_t count = pf_model_input_count(model);
  memset(shapes, 0, sizeof shapes);
  for (size_t input = 0; input < count && input < 8; ++input) {
    shapes[input].rank = ranks[input];
    for (int32_t axis = 0; axis < ranks[input]; ++axis) shapes[input].dims[axis] = *dims++;
  }
  options.threads = 1;
  options.input_shapes = shapes;
  options.input_shape_count = count;
  pf_session *session = NULL;
  return pf_session_create(model, &options, &session, &error) == PF_OK ? session : NULL;
}

int open_sizes_run(pf_session *session, const void *const *inputs) {
  return pf_session_run(session, inputs, NULL, &error) == PF_OK;
}

/* The rank of an output, its dimensions, whether it is int64, and where its elements are. */
int open_sizes_output(pf_session *session, size_t index, int64_t *dims, int32_t *is_int64, const void **data) {
  pf_tensor_info info;
  memset(&info, 0, sizeof info);
#ifdef PF_TENSOR_INFO_INIT
  info = (pf_tensor_info)PF_TENSOR_INFO_INIT;
#endif
  if (pf_session_output_info(session, index, &info) != PF_OK) return -1;
  for (int32_t axis = 0; axis < info.rank; ++axis) dims[axis] = info.dims[axis];
  *is_int64 = info.type == PF_INT64;
  *data = pf_session_output_buffer(session, index);
  return info.rank;
}

void open_sizes_destroy(pf_session *session) { pf_session_destroy(session); }

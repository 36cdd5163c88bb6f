// What a model, a session and its steps say of themselves.
#include "support.h"

static void check_model(const pf_model *model) {
  CHECK(pf_model_output_count(model) > 0);
  for (size_t i = 0; i < pf_model_label_count(model); i++) CHECK(pf_model_label(model, i));
  for (size_t i = 0; i < pf_model_metadata_count(model); i++)
    CHECK(pf_model_metadata_key(model, i) && pf_model_metadata_value(model, i));
  for (size_t i = 0; i < pf_model_layer_count(model); i++) {
    pf_layer_info layer = PF_LAYER_INFO_INIT;
    CHECK(pf_model_layer_info(model, i, &layer) == PF_OK);
    CHECK(layer.name && layer.method && layer.parameters && layer.parameters[0] == '{');
    CHECK(layer.relative_error >= 0);
    CHECK(layer.macs_before > 0 && layer.macs_after > 0 && layer.bytes_before > 0 && layer.bytes_after > 0);
  }
}

static void check_session(pf_model *model, int profile) {
  pf_error error;
  pf_session *session;
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 2;
  options.profile = profile;
  CHECK_OK(pf_session_create(model, &options, &session, &error), error);
  pf_session_info info = PF_SESSION_INFO_INIT;
  CHECK(pf_session_get_info(session, &info) == PF_OK);
  CHECK(info.isa && info.threads == 2);
  CHECK(info.activation_bytes >= info.live_bytes && info.live_bytes > 0);
  CHECK(info.total_bytes >= info.activation_bytes + info.workspace_bytes);

  CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  uint64_t nanoseconds = 0;
  size_t steps = pf_session_step_count(session);
  CHECK(steps > 0);
  for (size_t i = 0; i < steps; i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    CHECK(pf_session_step_info(session, i, &step) == PF_OK);
    CHECK(step.name && step.operation && step.kernel && step.kernel[0]);
    CHECK(!step.bytes == (!strcmp(step.kernel, "view") || !strcmp(step.kernel, "fused")));
    CHECK(step.layer >= -1 && step.layer < (int32_t)pf_model_layer_count(model));
    nanoseconds += step.nanoseconds;
  }
  CHECK(!profile == !nanoseconds);
  pf_step_info step = PF_STEP_INFO_INIT;
  CHECK(pf_session_step_info(session, steps, &step) == PF_ERROR_INVALID_ARGUMENT);
  pf_session_destroy(session);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  check_model(model);
  check_session(model, 0);
  check_session(model, 1);
  pf_model_close(model);
  return 0;
}

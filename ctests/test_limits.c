// A session that would take more work or memory than its options allow is refused by name, and one that takes just as
// much is not.
#include "model_writer.h"

static pf_status create(pf_model *model, uint64_t max_macs, size_t max_bytes, pf_session **session, pf_error *error) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1;
  options.max_macs = max_macs;
  options.max_bytes = max_bytes;
  return pf_session_create(model, &options, session, error);
}

static void refuse(pf_model *model, uint64_t max_macs, size_t max_bytes, const char *name) {
  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 1;
  options.max_macs = max_macs;
  options.max_bytes = max_bytes;
  pf_session *session;
  pf_error error;
  size_t bytes;
  CHECK_FAILS(PF_ERROR_LIMIT, pf_session_create(model, &options, &session, &error), error);
  CHECK(!session && strstr(error.message, name) && strstr(error.message, "limit"));
  CHECK_FAILS(PF_ERROR_LIMIT, pf_session_memory_required(model, &options, &bytes, &error), error);
}

// What the given model takes is allowed, and one less of either is not.
static void check_model(const char *path) {
  pf_model *model = open_model(path);
  pf_session *session = create_session(model, 1);
  pf_session_info info = PF_SESSION_INFO_INIT;
  CHECK(pf_session_get_info(session, &info) == PF_OK);
  uint64_t work = 0;
  const char *layer = "";
  uint64_t largest = 0;
  for (size_t i = 0; i < pf_session_step_count(session); i++) {
    pf_step_info step = PF_STEP_INFO_INIT;
    CHECK(pf_session_step_info(session, i, &step) == PF_OK);
    CHECK(!step.macs == !step.bytes);
    work += step.macs;
    if (step.macs > largest) (largest = step.macs, layer = step.name);
  }
  pf_error error;
  pf_session *limited;
  CHECK_OK(create(model, work, info.total_bytes, &limited, &error), error);
  CHECK_OK(pf_session_run(limited, NULL, NULL, &error), error);
  pf_session_destroy(limited);
  if (work > 1) refuse(model, work - 1, 0, layer);
  refuse(model, 0, info.total_bytes - 1, "");
  pf_session_destroy(session);
  pf_model_close(model);
}

// Hours of work that are no multiply-adds, and a name that hides neither the reason nor the numbers.
static void check_bomb(void) {
  char name[4000];
  memset(name, 'x', sizeof name);
  memcpy(name, "pool\x1b[31m\xff", 10);
  name[sizeof name - 1] = 0;
  size_t length;
  void *bytes = pool_model(4095, 1, 2048, name, &length);
  pf_error error;
  pf_model *model;
  pf_session *session;
  CHECK_OK(pf_model_open_memory(bytes, length, NULL, &model, &error), error);
  CHECK_FAILS(PF_ERROR_LIMIT, create(model, 1000000000, 0, &session, &error), error);
  // 2048 x 2048 windows of as many pixels.
  CHECK(strstr(error.message, "17592186044416") && strstr(error.message, "1000000000") && strstr(error.message, "…"));
  for (const char *c = error.message; *c; c++) CHECK((unsigned char)*c >= 0x20 && (unsigned char)*c != 0xff);
  CHECK_OK(create(model, 17592186044416, 0, &session, &error), error);
  pf_step_info step = PF_STEP_INFO_INIT;
  CHECK(pf_session_step_info(session, 0, &step) == PF_OK && step.macs == 17592186044416);
  pf_session_destroy(session);
  CHECK_FAILS(PF_ERROR_LIMIT, create(model, 0, 1 << 20, &session, &error), error);
  pf_model_close(model);
  free(bytes);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  check_model(argv[1]);
  check_bomb();
  return 0;
}

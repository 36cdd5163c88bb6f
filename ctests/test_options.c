// Option structs of every size: what a caller's struct does not have takes its default, what the library does not know
// is ignored.
#include "allocator.h"

static void check_model_options(const char *path) {
  struct {
    pf_model_options options;
    char newer[32];
  } given;
  for (size_t size = sizeof(size_t); size <= sizeof given; size += sizeof(void *)) {
    counter counter = {0};
    pf_allocator allocator = counting_allocator(&counter);
    memset(&given, 0x55, sizeof given);
    given.options.struct_size = size;
    int has_allocator = size >= offsetof(pf_model_options, log);
    if (has_allocator) given.options.allocator = &allocator;
    if (size >= offsetof(pf_model_options, log_context)) given.options.log = NULL;
    pf_error error;
    pf_model *model;
    CHECK_OK(pf_model_open_file(path, &given.options, &model, &error), error);
    CHECK(!has_allocator == !counter.calls);
    pf_model_close(model);
    CHECK(counter.live == 0);
  }
}

// Members of pf_session_options, each with a value that shows whether it was read.
static void check_session_options(pf_model *model) {
  struct {
    pf_session_options options;
    char newer[32];
  } given;
  const size_t ends[] = {
    offsetof(pf_session_options, threads), offsetof(pf_session_options, backend), offsetof(pf_session_options, batch),
    offsetof(pf_session_options, height), offsetof(pf_session_options, width),
    offsetof(pf_session_options, allocator), offsetof(pf_session_options, memory),
    offsetof(pf_session_options, memory_size), offsetof(pf_session_options, profile),
    offsetof(pf_session_options, profile) + sizeof(int32_t), offsetof(pf_session_options, length),
    offsetof(pf_session_options, input_shapes), offsetof(pf_session_options, input_shape_count),
    sizeof(pf_session_options), sizeof given,
  };
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    size_t size = ends[i];
    counter counter = {0};
    pf_allocator allocator = counting_allocator(&counter);
    memset(&given, 0x55, sizeof given);
    given.options.struct_size = size;
    if (size > offsetof(pf_session_options, threads)) given.options.threads = 3;
    if (size > offsetof(pf_session_options, backend)) given.options.backend = PF_BACKEND_CPU;
    if (size > offsetof(pf_session_options, batch)) given.options.batch = 1;
    if (size > offsetof(pf_session_options, height)) given.options.height = 0;
    if (size > offsetof(pf_session_options, width)) given.options.width = 0;
    if (size > offsetof(pf_session_options, allocator)) given.options.allocator = &allocator;
    if (size > offsetof(pf_session_options, memory)) given.options.memory = NULL;
    if (size > offsetof(pf_session_options, memory_size)) given.options.memory_size = 0;
    if (size > offsetof(pf_session_options, profile)) given.options.profile = 1;
    if (size > offsetof(pf_session_options, cpus)) given.options.cpus = NULL;
    if (size > offsetof(pf_session_options, cpu_count)) given.options.cpu_count = 0;
    if (size > offsetof(pf_session_options, parallel_for)) given.options.parallel_for = NULL;
    if (size > offsetof(pf_session_options, max_macs)) given.options.max_macs = 0;
    if (size > offsetof(pf_session_options, max_bytes)) given.options.max_bytes = 0;
    if (size > offsetof(pf_session_options, length)) given.options.length = 0;
    if (size > offsetof(pf_session_options, input_shapes)) given.options.input_shapes = NULL;
    pf_error error;
    pf_session *session;
    CHECK_OK(pf_session_create(model, &given.options, &session, &error), error);
    CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);

    pf_session_info info = PF_SESSION_INFO_INIT;
    pf_step_info step = PF_STEP_INFO_INIT;
    uint64_t nanoseconds = 0;
    CHECK(pf_session_get_info(session, &info) == PF_OK);
    CHECK(size <= offsetof(pf_session_options, threads) || info.threads == 3);
    CHECK(!(size > offsetof(pf_session_options, allocator)) == !counter.calls);
    for (size_t k = 0; k < pf_session_step_count(session); k++) {
      CHECK(pf_session_step_info(session, k, &step) == PF_OK);
      nanoseconds += step.nanoseconds;
    }
    CHECK(!(size > offsetof(pf_session_options, profile)) == !nanoseconds);
    pf_session_destroy(session);
    CHECK(counter.live == 0);
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  check_model_options(argv[1]);
  pf_model *model = open_model(argv[1]);
  check_session_options(model);
  pf_model_close(model);
  return 0;
}

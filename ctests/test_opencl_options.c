// Which device is taken, and what a session says that cannot have one.
#include "opencl.h"

static char log_text[1024];

static void keep_warning(void *context, pf_log_level level, const char *message) {
  (void)context;
  if (level == PF_LOG_WARNING) snprintf(log_text, sizeof log_text, "%s", message);
}

static void check_refused(pf_model *model, const pf_session_options *options, pf_status status, const char *reason) {
  pf_error error;
  pf_session *session = (pf_session *)model;
  CHECK_FAILS(status, pf_session_create(model, options, &session, &error), error);
  CHECK(session == NULL);
  if (!strstr(error.message, reason)) fail(__FILE__, __LINE__, reason, error.message);
  if (double_) check_nothing_live();
}

static void check_devices(void) {
  pf_error error;
  pf_device_info info = PF_DEVICE_INFO_INIT;
  size_t count;
  CHECK_OK(pf_device_count(PF_BACKEND_OPENCL, &count, &error), error);
  for (size_t i = 0; i < count; i++) {
    memset(&info, 0x55, sizeof info);
    CHECK_OK(pf_device_get_info(PF_BACKEND_OPENCL, i, &info, &error), error);
    CHECK(info.name[0] && info.platform[0] && info.version[0] && memchr(info.name, 0, sizeof info.name));
    CHECK((info.is_gpu == 0 || info.is_gpu == 1) && info.compute_units > 0 && info.largest_work_group > 0);
    CHECK(info.memory_bytes >= info.largest_buffer_bytes && info.largest_buffer_bytes > 0);
  }
  const size_t wrong[] = {count, SIZE_MAX / 2, SIZE_MAX};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    memset(&info, 0x55, sizeof info);
    CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_device_get_info(PF_BACKEND_OPENCL, wrong[i], &info, &error), error);
    CHECK(info.name[0] == 0 && info.compute_units == 0);
  }
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_device_count(PF_BACKEND_OPENCL, NULL, &error), error);
  CHECK_FAILS(PF_ERROR_INVALID_ARGUMENT, pf_device_get_info(PF_BACKEND_OPENCL, 0, NULL, &error), error);
  CHECK(pf_device_count(PF_BACKEND_OPENCL, NULL, NULL) == PF_ERROR_INVALID_ARGUMENT
        && pf_device_get_info(PF_BACKEND_OPENCL, 0, NULL, NULL) == PF_ERROR_INVALID_ARGUMENT);
  CHECK(pf_device_count(PF_BACKEND_OPENCL, &count, NULL) == PF_OK
        && pf_device_get_info(PF_BACKEND_OPENCL, 0, &info, NULL) == PF_OK);
}

static void check_names(pf_model *model, const golden *golden) {
  pf_error error;
  pf_device_info info = PF_DEVICE_INFO_INIT;
  size_t count;
  CHECK_OK(pf_device_count(PF_BACKEND_OPENCL, &count, &error), error);
  CHECK_OK(pf_device_get_info(PF_BACKEND_OPENCL, 0, &info, &error), error);
  char part[8], many[16];
  snprintf(part, sizeof part, "%.5s", info.name + strlen(info.name) / 2);
  snprintf(many, sizeof many, "%zu", count);
  const char *good[] = {NULL, "", "0", "00", info.name, part};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    pf_session_options options = opencl_options();
    options.device = good[i];
    pf_session *session = create_with(model, &options);
    check_golden(session, golden);
    pf_session_destroy(session);
  }
  const char *wrong[] = {"no such device", "-1", many, "99999999999999999999", "0 "};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    pf_session_options options = opencl_options();
    options.device = wrong[i];
    check_refused(model, &options, PF_ERROR_BACKEND, "device");
  }
}

static void check_block(pf_model *model) {
  char *block = aligned_alloc(64, 1 << 20);
  pf_session_options options = opencl_options();
  options.memory = block;
  options.memory_size = 1 << 20;
  check_refused(model, &options, PF_ERROR_UNSUPPORTED, "block");
  pf_error error;
  size_t bytes = 1;
  CHECK_FAILS(PF_ERROR_UNSUPPORTED, pf_session_memory_required(model, &options, &bytes, &error), error);
  CHECK(bytes == 0);
  free(block);
}

// Too large a batch, where the model leaves that open, whether the plan alone is too large or what convolutions take
// besides.
static void check_size(pf_model *model) {
  for (int shift = 21; shift <= 24; shift++) {
    pf_error error;
    pf_session *session;
    pf_session_options options = opencl_options();
    options.batch = 1 << shift;
    pf_status status = pf_session_create(model, &options, &session, &error);
    if (status == PF_OK) pf_session_destroy(session);
    CHECK(status == PF_OK || status == PF_ERROR_BACKEND || status == PF_ERROR_SHAPE
          || status == PF_ERROR_OUT_OF_MEMORY);
    CHECK(error.status == status && !error.message[0] == (status == PF_OK));
    check_nothing_live();
  }
}

// A library that cannot be loaded, and one that lacks functions.
static void check_no_library(pf_model *model, const golden *golden, const char *library) {
  pf_error error;
  pf_device_info info = PF_DEVICE_INFO_INIT;
  size_t count = 1;
  CHECK(setenv("PREFACTOR_OPENCL_LIBRARY", library, 1) == 0);
  CHECK_FAILS(PF_ERROR_BACKEND, pf_device_count(PF_BACKEND_OPENCL, &count, &error), error);
  CHECK(count == 0 && strstr(error.message, "PREFACTOR_OPENCL_LIBRARY"));
  CHECK_FAILS(PF_ERROR_BACKEND, pf_device_get_info(PF_BACKEND_OPENCL, 0, &info, &error), error);
  pf_session_options options = opencl_options();
  check_refused(model, &options, PF_ERROR_BACKEND, "PREFACTOR_OPENCL_LIBRARY");

  log_text[0] = 0;
  options.cpu_fallback = 1;
  pf_session *session = create_with(model, &options);
  if (!strstr(log_text, "PREFACTOR_OPENCL_LIBRARY")) fail(__FILE__, __LINE__, "the log says", log_text);
  pf_session_info session_info = PF_SESSION_INFO_INIT;
  CHECK(pf_session_get_info(session, &session_info) == PF_OK && strcmp(session_info.isa, "opencl") != 0);
  check_golden(session, golden);
  pf_session_destroy(session);
}

static pf_model *open_with_log(const char *path) {
  pf_error error;
  pf_model *model;
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.log = keep_warning;
  CHECK_OK(pf_model_open_file(path, &options, &model, &error), error);
  return model;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  golden golden = read_golden(argv[1]);
  pf_model *model = open_with_log(argv[1]);
  char *library = getenv("PREFACTOR_OPENCL_LIBRARY");
  library = library ? strdup(library) : NULL;
  check_no_library(model, &golden, "/nonexistent");
  check_no_library(model, &golden, argv[1]);
  check_no_library(model, &golden, "libc.so.6");
  if (library) setenv("PREFACTOR_OPENCL_LIBRARY", library, 1);
  free(library);

  use_double();
  check_devices();
  check_names(model, &golden);
  check_block(model);
  check_size(model);

  pf_session_options options = opencl_options();
  options.cpu_fallback = 1;
  log_text[0] = 0;
  pf_session *session = create_with(model, &options);
  CHECK(log_text[0] == 0);
  check_golden(session, &golden);
  pf_session_destroy(session);
  check_nothing_live();
  pf_model_close(model);
  free_golden(&golden);
  return 0;
}

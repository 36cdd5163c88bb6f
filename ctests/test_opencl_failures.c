// Whatever function of OpenCL fails, once or from then on: the call that needed it says so, nothing leaks, nothing
// crashes, and a session that is made afterwards works.
#include "allocator.h"
#include "opencl.h"

typedef enum phase { CREATING, RUNNING, DESTROYING } phase;

static const char *path;
static golden expected;

// What a session can do without: it has another way, or nothing that is left to do depends on it.
static int is_harmless(phase phase) {
  if (phase == DESTROYING) return 1;
  switch (double_->failed) {
  case CALL_clReleaseContext: case CALL_clReleaseCommandQueue: case CALL_clReleaseMemObject:
  case CALL_clReleaseProgram: case CALL_clReleaseKernel: case CALL_clReleaseEvent: case CALL_clGetProgramInfo:
  case CALL_clCreateProgramWithBinary: return 1;
  case CALL_clBuildProgram: case CALL_clCreateBuffer: return double_->has_other_way;
  default: return 0;
  }
}

static void check_status(pf_status status, const pf_error *error, phase phase) {
  CHECK(error->status == status && memchr(error->message, 0, sizeof error->message));
  if (status == PF_OK) {
    if (double_->failures > 0 && !is_harmless(phase))
      fail(__FILE__, __LINE__, "not noticed: the failure of", name_of_call(double_->failed));
    return;
  }
  CHECK(status == PF_ERROR_BACKEND && double_->failures > 0);
  // Where everything fails after the first, the message is of the one that there is no way around.
  char number[16];
  snprintf(number, sizeof number, "(%d)", double_->error);
  int names_it = strstr(error->message, name_of_call(double_->failed)) && strstr(error->message, number);
  if (!names_it && !(double_->is_lost && strstr(error->message, "cl")))
    fail(__FILE__, __LINE__, name_of_call(double_->failed), error->message);
  if (!strstr(error->message, ": CL_")) fail(__FILE__, __LINE__, "no name of the error in", error->message);
}

static void stop_failing(void) { double_->failing_call = double_->is_lost = 0; }

// One life of a session, and another without failures. Whether something failed.
static int live(opencl_double how, const pf_session_options *session_options) {
  counter counter = {0};
  pf_allocator allocator = counting_allocator(&counter);
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.allocator = &allocator;
  pf_error error;
  pf_model *model;
  CHECK_OK(pf_model_open_file(path, &options, &model, &error), error);

  watch();
  double_->failing_call = how.failing_call;
  double_->is_lost = how.is_lost;
  double_->is_limited = how.is_limited;
  double_->limited = how.limited;
  pf_session *session;
  pf_status status = pf_session_create(model, session_options, &session, &error);
  CHECK(!session == (status != PF_OK));
  check_status(status, &error, CREATING);
  if (status == PF_OK) {
    int failures = double_->failures;
    status = run_in_own_buffers(session, &expected, &error);
    if (failures == 0) check_status(status, &error, RUNNING);
    if (!how.is_lost) {
      failures = double_->failures;
      status = run_in_given_buffers(session, &expected, &error);
      if (failures > 0) CHECK_OK(status, error); else check_status(status, &error, RUNNING);
    }
    pf_session_destroy(session);
  }
  int failed = double_->failures > 0;
  stop_failing();
  check_nothing_live();

  if (failed) {
    session = create_with(model, session_options);
    check_golden(session, &expected);
    pf_session_destroy(session);
    check_nothing_live();
  }
  pf_model_close(model);
  CHECK(counter.live == 0);
  return failed;
}

static void fail_each_call(opencl_double how, const pf_session_options *options) {
  do { how.failing_call++; } while (live(how, options));
  printf("%d calls of %s%s\n", how.failing_call - 1, how.is_limited ? name_of_call(how.limited) : "all functions",
         how.is_lost ? ", and all after it" : "");
  CHECK(how.failing_call > 1);
}

static void fail_each_question(void) {
  pf_error error;
  pf_device_info info = PF_DEVICE_INFO_INIT;
  size_t count;
  int failing_call = 0;
  do {
    watch();
    double_->failing_call = ++failing_call;
    check_status(pf_device_count(PF_BACKEND_OPENCL, &count, &error), &error, RUNNING);
    if (double_->failures > 0) {
      CHECK(count == 0);
      continue;
    }
    check_status(pf_device_get_info(PF_BACKEND_OPENCL, 0, &info, &error), &error, RUNNING);
    CHECK((info.name[0] == 0) == (double_->failures > 0));
  } while (double_->failures > 0);
  stop_failing();
  CHECK(failing_call > 10);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  path = argv[1];
  use_double();
  expected = read_golden(path);
  fail_each_question();

  pf_session_options options = opencl_options();
  // Programs come from the folder that this names; PoCL's own cache takes too long.
  options.cache = getenv("XDG_CACHE_HOME");
  live((opencl_double){0}, &options);
  options.profile = 1;
  fail_each_call((opencl_double){0}, &options);
  options.profile = 0;
  fail_each_call((opencl_double){.is_lost = 1}, &options);
  options.half_precision = 1;
  golden_tolerance = HALF_TOLERANCE;
  fail_each_call((opencl_double){0}, &options);
  options.half_precision = 0;
  golden_tolerance = FLOAT_TOLERANCE;
  // Without a cache programs are built from their text.
  options.cache = "";
  fail_each_call((opencl_double){.is_limited = 1, .limited = CALL_clCreateProgramWithSource}, &options);
  fail_each_call((opencl_double){.is_limited = 1, .limited = CALL_clBuildProgram}, &options);
  fail_each_call((opencl_double){.is_limited = 1, .limited = CALL_clBuildProgram, .is_lost = 1}, &options);
  free_golden(&expected);
  return 0;
}
